import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type BootServer, startBoot } from '../../boot/server.ts';
import { openNeighbours } from '../../conductor/neighbours/neighbours.ts';
import { imageParams } from '../../conductor/work/deploy-direct.ts';
import { swiftTempUrl } from '../../conductor/work/deploy-image.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { Machine } from '../../rack/machine.ts';
import { type Rack, startRack } from '../../rack/rack.ts';
import { freePort } from '../services/free-port.ts';
import { AGENT_INTERFACES, type AgentFront, createMachineDriver, startAgentFront } from './agent-bench.ts';
import { CALLER, type ConductorBench, SILENT, settingsWith, startConductorBench } from './conductor-bench.ts';

const IMAGE = Buffer.alloc(300_000, 'kurogane');
const SHA512 = createHash('sha512').update(IMAGE).digest('hex');
const SHA256 = createHash('sha256').update(IMAGE).digest('hex');
const ID = '1bea47ed-f6a9-463b-b423-14b9cca9ad27';

/** Glance without Keystone, as with endpoint_override alone. */
async function startGlance(image: JsonObject): Promise<{ server: Server; url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url === `/v2/images/${ID}`) response.writeHead(200).end(JSON.stringify(image));
    else if (request.url === `/v2/images/${ID}/file`)
      response.writeHead(200, { 'content-length': IMAGE.length }).end(IMAGE);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

describe('images of Glance and of files', () => {
  let bench: ConductorBench;
  let rack: Rack;
  let front: AgentFront;
  let machine: Machine;
  let boot: BootServer;
  let glance: Awaited<ReturnType<typeof startGlance>>;
  let image: JsonObject;
  let neighbours: ReturnType<typeof openNeighbours>;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kurogane-images-'));
    await mkdir(join(folder, 'images'));
    image = {
      ...{ id: ID, status: 'active', visibility: 'public', disk_format: 'raw', container_format: 'bare' },
      ...{ checksum: null, os_hash_algo: 'sha512', os_hash_value: SHA512, size: IMAGE.length, tags: ['t'] },
      ...{ hw_architecture: 'x86_64' },
    };
    glance = await startGlance(image);
    const port = await freePort();
    const machines = new Map<string, Machine>();
    const overrides = {
      conductor: {
        ...{ lease_timeout: 0.3, poll_interval: 0.05, node_locked_retry_interval: 0.05 },
        file_url_allowed_paths: [join(folder, 'images')],
      },
      agent: { require_tls: true },
      deploy: { http_url: `http://127.0.0.1:${port}/` },
      glance: { endpoint_override: glance.url },
    };
    bench = await startConductorBench(overrides, { driver: createMachineDriver(machines) });
    neighbours = openNeighbours(settingsWith(overrides), systemClock, SILENT);
    boot = await startBoot({
      ...{
        host_ip: '127.0.0.1',
        port,
        image_path: folder,
        store: bench.store,
        installs: bench.store,
        log: SILENT,
        clock: systemClock,
      },
      facts: { api_url: '', kernel_append_params: '', deploy_kernel: '', deploy_ramdisk: '' },
      glance: neighbours.glance,
      allowed_paths: [join(folder, 'images')],
    });
    front = await startAgentFront(bench.store, () => bench.client, IMAGE);
    rack = await startRack({
      ...{ count: 1, clock: systemClock, boot_url: () => front.url, time_scale: 0.01 },
      ...{ boot_order: ['disk'], delays_ms: { soft_off: 1 } },
    });
    const [server] = rack.servers;
    if (server === undefined) throw new Error('an empty rack');
    machine = server.machine;
    machines.set('one', machine);
    await bench.start('conductor-1', { neighbours });
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
    await front[Symbol.asyncDispose]();
    await boot[Symbol.asyncDispose]();
    await neighbours[Symbol.asyncDispose]();
    glance.server.closeAllConnections();
    glance.server.close();
    await rm(folder, { recursive: true });
  });

  async function deploy(
    instance_info: JsonObject,
    fields: Partial<NodeRecord> = {},
    caller = CALLER,
  ): Promise<NodeRecord> {
    const node = await bench.node({
      ...{ ...AGENT_INTERFACES, driver_info: { machine: 'one' }, provision_state: 'available' },
      ...{ instance_info, ...fields },
    });
    const address = machine.identity.macs[0] ?? '';
    await bench.store.ports.create({ node_uuid: node.uuid, address, pxe_enabled: true });
    await bench.client.provision(node, 'active', {}, caller);
    return node;
  }
  const deployed = async (node: NodeRecord) => {
    const active = await bench.settled(node, 'active');
    await machine.until(({ running }) => running.what === 'os');
    expect(machine.running).to.include({ what: 'os', sha256: SHA256 });
    expect(active.driver_internal_info).not.to.have.property('deploy_image');
    return active;
  };
  const file = (name: string) => `file://${join(folder, 'images', name)}`;
  const refusal = async (answer: Promise<unknown>) =>
    String(((await answer.catch((error: unknown) => error)) as Error).message);

  it('an image of Glance reaches the disk through the boot service, checked by Glance’s hash', async () => {
    const active = await deployed(await deploy({ image_source: ID }));
    expect(active.instance_info).to.include({
      image_source: ID,
      image_os_hash_algo: 'sha512',
      image_os_hash_value: SHA512,
      image_disk_format: 'raw',
      image_container_format: 'bare',
    });
    expect(active.instance_info.image_properties).to.deep.equal({ hw_architecture: 'x86_64' });
    // Once it is written nobody gets it any more.
    expect((await fetch(String(active.instance_info.image_url))).status).to.equal(404);
  });

  it('glance:// is the same; what Glance does not have fails the deployment and says so', async () => {
    image.status = 'deactivated';
    const node = await deploy({ image_source: `glance://${ID}` });
    const failed = await bench.settled(node, 'deploy failed');
    expect(failed.last_error).to.contain('has to be active');
    image.status = 'active';
    await bench.client.provision(failed, 'active', {}, CALLER);
    await deployed(node);
  });

  it('an image of another project is for admins only', async () => {
    Object.assign(image, { visibility: 'private', owner: 'other' });
    const member = { ...CALLER, roles: ['member'] };
    const node = await deploy({ image_source: ID }, {}, member);
    const failed = await bench.settled(node, 'deploy failed');
    expect(failed.last_error).to.contain(`The image ${ID} could not be found in Glance`);
    expect(failed.driver_internal_info).not.to.have.property('deploy_image');
    await bench.client.provision(failed, 'active', {}, CALLER);
    await deployed(node);
  });

  it('a file reaches the disk without a hash in instance_info', async () => {
    await writeFile(join(folder, 'images/a.raw'), IMAGE);
    const active = await deployed(await deploy({ image_source: file('a.raw') }));
    expect(active.instance_info).to.include({ image_os_hash_algo: 'sha256', image_os_hash_value: SHA256 });
  });

  it('a file that is not there, or that a link puts elsewhere, fails the deployment', async () => {
    const node = await deploy({ image_source: file('none') });
    expect((await bench.settled(node, 'deploy failed')).last_error).to.contain('ENOENT');
    await writeFile(join(folder, 'secret'), IMAGE);
    await symlink(join(folder, 'secret'), join(folder, 'images/link'));
    const instance_info = { image_source: file('link') };
    await bench.store.nodes.update(node.uuid, { instance_info });
    await bench.client.provision(await bench.read(node), 'active', {}, CALLER);
    const failed = await bench.settled(node, 'deploy failed');
    expect(failed.last_error).to.contain('does not have the image').and.contain('404');
  });

  it('what cannot be an image is refused at once', async () => {
    const refused: readonly [string, string][] = [
      ['file:///etc/passwd', 'not permitted'],
      ['file:///home/x', 'not allowed'],
      ['ftp://x/y', 'ftp is not supported'],
      ['http://images/a', 'image_checksum'],
    ];
    for (const [image_source, why] of refused)
      expect(
        await refusal(
          deploy({ image_source }).catch(async (error: unknown) => {
            for (const port of await bench.store.ports.list()) await bench.store.ports.delete(port.uuid);
            throw error;
          }),
        ),
      ).to.contain(why);
  });

  it('the boot service gives an image to nobody who does not know its token, and no more than it is', async () => {
    await writeFile(join(folder, 'images/a.raw'), '0123456789');
    const token = 'T'.repeat(32);
    const node = await bench.node({
      driver_internal_info: { deploy_image: { token, source: file('a.raw') } },
    });
    const get = (path: string, headers = {}, method = 'GET') =>
      fetch(`${boot.url}/deploy-images/${path}`, { method, headers });
    expect(await (await get(`${node.uuid}/${token}`)).text()).to.equal('0123456789');
    const part = await get(`${node.uuid}/${token}`, { range: 'bytes=2-4' });
    expect([part.status, await part.text()]).to.deep.equal([206, '234']);
    const head = await get(`${node.uuid}/${token}`, {}, 'HEAD');
    expect(head.headers.get('content-length')).to.equal('10');
    for (const path of [`${node.uuid}/${'U'.repeat(32)}`, `${node.uuid}/T`, `${ID}/${token}`, node.uuid])
      expect((await get(path)).status, path).to.equal(404);
    await bench.store.nodes.update(node.uuid, {
      driver_internal_info: { deploy_image: { token, source: 'file:///etc/passwd' } },
    });
    expect((await get(`${node.uuid}/${token}`)).status).to.equal(404);
    await bench.store.nodes.update(node.uuid, {
      driver_internal_info: { deploy_image: { token, source: ID } },
    });
    expect((await get(`${node.uuid}/${token}`, {}, 'HEAD')).headers.get('content-length')).to.equal('300000');
    expect(Buffer.from(await (await get(`${node.uuid}/${token}`)).arrayBuffer()).equals(IMAGE)).to.equal(
      true,
    );
  });

  it('a node boots kernel and ramdisk from Glance and from a file, and nobody gets more than it boots', async () => {
    await writeFile(join(folder, 'images/initrd'), 'initrd');
    const driver_info = { deploy_kernel: ID, deploy_ramdisk: file('initrd') };
    const node = await bench.node({ driver_info, provision_state: 'clean wait' });
    const get = (name: string) => fetch(`${boot.url}/boot-files/${node.uuid}/${name}`);
    expect(Buffer.from(await (await get('kernel')).arrayBuffer()).equals(IMAGE)).to.equal(true);
    expect(await (await get('ramdisk')).text()).to.equal('initrd');
    expect((await get('iso')).status).to.equal(404);
    Object.assign(image, { visibility: 'private', owner: 'other' });
    expect((await get('kernel')).status).to.equal(404);
    await bench.store.nodes.update(node.uuid, { provision_state: 'available' });
    expect((await get('ramdisk')).status).to.equal(404);
  });

  it('an instance that boots from the network boots what the properties of its image name', async () => {
    image.kernel_id = '11111111-2222-3333-4444-555555555555';
    const instance_info = { image_source: ID };
    const booting = { ...AGENT_INTERFACES, deploy_interface: 'ramdisk', driver_info: { machine: 'one' } };
    const one = await bench.node({ ...booting, provision_state: 'available', instance_info });
    await bench.client.provision(one, 'active', {}, CALLER);
    const failed = await bench.settled(one, 'deploy failed');
    expect(failed.last_error).to.contain('missing the following properties: ramdisk_id');
    image.ramdisk_id = '11111111-2222-3333-4444-555555555556';
    await bench.client.provision(failed, 'active', {}, CALLER);
    const active = await bench.settled(one, 'active');
    expect(active.instance_info).to.include({ kernel: image.kernel_id, ramdisk: image.ramdisk_id });
  });

  it('S55 a server that boots the profile of its flavor is active when its system said that it is installed', async () => {
    const { store } = bench;
    const driver_info = { machine: 'one', deploy_kernel: 'http://d/k', deploy_ramdisk: 'http://d/r' };
    const booting = { ...AGENT_INTERFACES, deploy_interface: 'ramdisk', driver_info };
    const one = await bench.node({ ...booting, provision_state: 'available' });
    const refusal = () =>
      bench.client.provision(one, 'active', {}, CALLER).then(
        () => '',
        (error: Error) => error.message,
      );
    expect(await refusal()).to.contain("give the server's flavor a profile");
    const profile = await store.profiles.create({ name: 'p', kernel: 'http://i/k' });
    const flavor = await store.flavors.create({ name: 'f', profile_uuid: profile.uuid });
    await store.servers.update(one.uuid, { flavor_uuid: flavor.uuid, install_note: 'of the last deploy' });
    expect(await refusal()).to.contain("The profile p of the server's flavor needs kernel and initrd");
    await store.profiles.update(profile.uuid, { initrd: 'http://i/r' });
    await bench.client.provision(one, 'active', {}, CALLER);
    const waiting = await bench.settled(one, 'wait call-back');
    expect((await store.servers.get(one.uuid))?.install_note).to.equal(null);
    const tell = (path: string, body: string) =>
      fetch(`${boot.url}/${path}?uuid=${one.uuid}`, { method: 'POST', body });
    await tell('progress', 'half way');
    expect((await store.nodes.get(one.uuid))?.provision_state).to.equal('wait call-back');
    await tell('failed', 'no disk of that size');
    const failed = await bench.settled(waiting, 'deploy failed');
    expect(failed.last_error).to.contain('no disk of that size');
    await bench.client.provision(failed, 'active', {}, CALLER);
    await bench.settled(failed, 'wait call-back');
    await tell('installed', '');
    expect((await bench.settled(failed, 'active')).last_error).to.equal(null);
  });

  it('the agent is told of proxies as it reads them', async () => {
    const driver_info = { image_http_proxy: 'http://proxy:3128', image_no_proxy: '192.0.2.0/24' };
    const node = await bench.node({ driver_info, instance_info: { image_source: 'http://images/a' } });
    const told = async (one: NodeRecord) => {
      const { image_info } = await imageParams({ node: one, settings: bench.settings, now: () => 0 });
      return image_info as JsonObject;
    };
    expect(await told(node)).to.deep.include({
      proxies: { http: 'http://proxy:3128' },
      no_proxy: '192.0.2.0/24',
    });
    expect(await told({ ...node, driver_info: { image_no_proxy: 'x' } })).not.to.have.any.keys(
      ...['proxies', 'no_proxy'],
    );
  });

  it('a temporary URL of Swift is signed as its middleware checks it', () => {
    const settings = {
      ...settingsWith({}).glance,
      ...{
        swift_endpoint_url: 'https://swift.example/',
        swift_account: 'AUTH_a422',
        swift_temp_url_key: 'k',
      },
      swift_store_multiple_containers_seed: 3,
    };
    const url = new URL(swiftTempUrl(settings, ID, 1_700_000_000_000));
    expect(url.origin + url.pathname).to.equal(`https://swift.example/v1/AUTH_a422/glance_1be/${ID}`);
    expect(url.searchParams.get('temp_url_expires')).to.equal('1700001200');
    // python3 -c 'import hmac; print(hmac.new(b"k", b"GET\n1700001200\n/v1/AUTH_a422/glance_1be/1bea47ed-f6a9-463b-b423-14b9cca9ad27", "sha256").hexdigest())'
    expect(url.searchParams.get('temp_url_sig')).to.equal(
      'b3e6a5465393ca20778f25345c2ed10ae7909aed969c3aaa0b6120879f733c75',
    );
    expect(() => swiftTempUrl({ ...settings, swift_account: '' }, ID, 0)).to.throw('[glance]swift_account');
  });
});
