import { expect } from 'chai';
import { type BootServer, startBoot } from '../../boot/server.ts';
import { systemClock } from '../../config/system-clock.ts';
import { openStore } from '../../db/open-store.ts';
import type { Store } from '../../db/store.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { TemplateKind } from '../../lifecycle/registration-records.ts';
import { newNode, testKeys } from '../builders/records.ts';

describe('what a booting server asks and tells', () => {
  let store: Store;
  let server: BootServer;
  let node: NodeRecord;
  before(async () => {
    store = await openStore({ connection: 'sqlite://:memory:', keys: testKeys() });
    await store.upgrade();
    const facts = { api_url: 'http://api', kernel_append_params: '', deploy_kernel: '', deploy_ramdisk: '' };
    server = await startBoot({
      ...{ host_ip: '127.0.0.1', port: 0, image_path: '/nonexistent', glance: null, allowed_paths: [] },
      ...{ facts, store, installs: store, log: { info() {}, warn() {} }, clock: systemClock },
    });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    node = await store.nodes.create(
      newNode({ provision_state: 'active', driver_info: { ipmi_address: '10.1.0.9' } }),
    );
  });

  const ask = async (path: string, uuid: string, init: RequestInit = {}) => {
    const reply = await fetch(`${server.url}${path}?uuid=${uuid}`, init);
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  };
  const tell = (path: string, uuid: string, body = '') => ask(path, uuid, { method: 'POST', body });

  it('S48 the profile of its flavor', async () => {
    expect((await ask('/profile', node.uuid)).status).to.equal(404);
    const profile = await store.profiles.create({
      name: 'ubuntu',
      cmdline: 'console=ttyS0',
      install_script: 'echo hi',
    });
    const flavor = await store.flavors.create({ name: 'f', profile_uuid: profile.uuid });
    await store.servers.update(node.uuid, { flavor_uuid: flavor.uuid });
    const { body, status } = await ask('/profile', node.uuid.toUpperCase());
    expect(status).to.equal(200);
    expect(body).to.include({
      name: 'ubuntu',
      cmdline: 'console=ttyS0',
      install_script: 'echo hi',
      kernel: null,
    });
  });

  it('S49 S51 its service address, and not that of its BMC', async () => {
    await store.ip_pools.create({
      name: 's',
      purpose: 'service',
      network: '192.0.2.0/24',
      gateway: '192.0.2.1',
      vlan_id: 7,
    });
    await store.servers.update(node.uuid, { service_address: '192.0.2.44' });
    const { body } = await ask('/detail', node.uuid);
    expect(body).to.include({
      service_address: '192.0.2.44',
      netmask: '255.255.255.0',
      gateway: '192.0.2.1',
      vlan_id: 7,
    });
    expect(JSON.stringify(body)).to.not.contain('10.1.0.9');
  });

  const TEMPLATES: readonly [TemplateKind, string, string][] = [
    [
      'preseed',
      'd-i netcfg/get_hostname string {{ name }}\nd-i netcfg/get_ipaddress string {{service_address}}\nd-i netcfg/get_netmask string {{ netmask }}\n',
      'd-i netcfg/get_hostname string web-"1"\nd-i netcfg/get_ipaddress string 192.0.2.44\nd-i netcfg/get_netmask string 255.255.255.0\n',
    ],
    [
      'kickstart',
      'network --bootproto=static --ip={{ service_address }} --netmask={{ netmask }} --gateway={{ gateway }} --vlanid={{ vlan_id }}\n',
      'network --bootproto=static --ip=192.0.2.44 --netmask=255.255.255.0 --gateway=192.0.2.1 --vlanid=7\n',
    ],
    [
      'cloud-init',
      '#cloud-config\nhostname: {{ name }}\nzone: "{{ availability_zone }}"\n',
      '#cloud-config\nhostname: web-"1"\nzone: ""\n',
    ],
    [
      'ignition',
      '{"ignition": {"version": "3.4.0"}, "hostname": "{{ name }}"}\n',
      '{"ignition": {"version": "3.4.0"}, "hostname": "web-\\"1\\""}\n',
    ],
  ];
  for (const [template_kind, template, text] of TEMPLATES)
    it(`S60 the answers for its installer: ${template_kind}`, async () => {
      await store.ip_pools.create({
        ...{
          name: template_kind,
          purpose: 'service',
          network: '192.0.2.0/24',
          gateway: '192.0.2.1',
          vlan_id: 7,
        },
      });
      const profile = await store.profiles.create({ name: `p-${template_kind}`, template_kind, template });
      const flavor = await store.flavors.create({ name: `f-${template_kind}`, profile_uuid: profile.uuid });
      await store.nodes.update(node.uuid, { name: 'web-"1"' });
      await store.servers.update(node.uuid, { flavor_uuid: flavor.uuid, service_address: '192.0.2.44' });
      const reply = await fetch(`${server.url}/template?uuid=${node.uuid}`);
      expect([reply.status, reply.headers.get('content-type')]).to.deep.equal([
        200,
        'text/plain; charset=utf-8',
      ]);
      expect(await reply.text()).to.equal(text);
      await store.nodes.update(node.uuid, { name: null });
    });

  it('S60 what a template names and no server has', async () => {
    const profile = await store.profiles.create({
      name: 'typo',
      template_kind: 'preseed',
      template: '{{ hostnam }}',
    });
    const flavor = await store.flavors.create({ name: 'typo', profile_uuid: profile.uuid });
    await store.servers.update(node.uuid, { flavor_uuid: flavor.uuid });
    const { body, status } = await ask('/template', node.uuid);
    expect(status).to.equal(409);
    expect(body.error).to.match(
      /^The template of profile typo names hostnam, which no server has\. There are: system_uuid, name, /,
    );
  });

  it('S50 that it is installed, how far it is, and that it failed', async () => {
    expect(await tell('/progress', node.uuid, 'partitions made')).to.deep.include({ status: 200 });
    expect(await store.servers.get(node.uuid)).to.include({
      installed_at: null,
      install_note: 'partitions made',
    });
    expect((await tell('/installed', node.uuid)).body).to.deep.equal({
      system_uuid: node.uuid,
      provision_state: 'active',
    });
    expect((await store.servers.get(node.uuid))?.installed_at).to.be.a('number');
    await tell('/failed', node.uuid, 'no\u0000 disk');
    const failed = await store.servers.get(node.uuid);
    expect(failed).to.include({ installed_at: null, install_note: 'no disk' });
    expect(failed?.install_failed_at).to.be.a('number');
    expect((await store.nodes.get(node.uuid))?.provision_state).to.equal('active');
  });

  it('one value of an answer, as plain text', async () => {
    const profile = await store.profiles.create({ name: 'debian', install_script: 'echo "a\nb"\n' });
    const flavor = await store.flavors.create({ name: 'g', profile_uuid: profile.uuid });
    await store.servers.update(node.uuid, { flavor_uuid: flavor.uuid });
    const field = (name: string) => fetch(`${server.url}/profile?uuid=${node.uuid}&field=${name}`);
    const reply = await field('install_script');
    expect(reply.headers.get('content-type')).to.equal('text/plain; charset=utf-8');
    expect(await reply.text()).to.equal('echo "a\nb"\n');
    for (const none of ['kernel', 'password', '__proto__', 'toString'])
      expect((await field(none)).status, none).to.equal(404);
  });

  it('nothing while nothing is installed on it, and nothing that is too long', async () => {
    await store.nodes.update(node.uuid, { provision_state: 'available' });
    const before = await store.servers.get(node.uuid);
    expect((await tell('/installed', node.uuid)).status).to.equal(409);
    expect(await store.servers.get(node.uuid)).to.deep.equal(before);
    await store.nodes.update(node.uuid, { provision_state: 'active' });
    expect((await tell('/failed', node.uuid, 'x'.repeat(20_000))).status).to.equal(413);
  });

  for (const [name, path, uuid, method, status] of [
    ['of a UUID that is none', '/detail', '../../etc/passwd', 'GET', 400],
    ['of a server that nobody knows', '/installed', '11111111-2222-4333-8444-555555555555', 'POST', 404],
    ['by another method', '/installed', '11111111-2222-4333-8444-555555555555', 'GET', 405],
    ['by another method', '/profile', '11111111-2222-4333-8444-555555555555', 'POST', 405],
  ] as const)
    it(`is refused ${name}: ${method} ${path}`, async () => {
      expect((await ask(path, uuid, { method })).status).to.equal(status);
    });
});
