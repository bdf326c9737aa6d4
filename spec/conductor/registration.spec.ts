import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { BmcOrders, RegistrationVerdict } from '../../conductor/client.ts';
import { noticeDelivery } from '../../conductor/periodic/notice-delivery.ts';
import type { Periodic } from '../../conductor/periodic/periodic.ts';
import { registrationSweep } from '../../conductor/periodic/registration-sweep.ts';
import { serverOf } from '../../drivers/fake/server.ts';
import type { ServiceError } from '../../lifecycle/errors.ts';
import { reportOfInventory } from '../../lifecycle/inventory-report.ts';
import { inventoryOf } from '../../lifecycle/server-report.ts';
import { newReport, newReportedPort } from '../builders/server-report.ts';
import { eventually } from '../services/eventually.ts';
import { type ConductorBench, startConductorBench } from './conductor-bench.ts';

const TOKEN = 'kg-spec';
const SLACK = 'http://127.0.0.1:9/hook-planted';

describe('S20 S21 registration of servers', () => {
  let bench: ConductorBench;
  before(async () => {
    bench = await startConductorBench({
      registration: {
        driver: 'fake-hardware',
        bmc_pool: 'bmc',
        timeout: 0.2,
        driver_info: ['fake_latency_ms=0'],
      },
      notices: { slack_url: SLACK },
    });
    await bench.start();
    await bench.store.ip_pools.create({
      ...{ name: 'bmc', network: '10.9.0.0/24', gateway: '10.9.0.1', vlan_id: 30 },
      ranges: [{ first: '10.9.0.10', last: '10.9.0.200' }],
    });
  });
  after(() => bench[Symbol.asyncDispose]());
  beforeEach(() => token({}));
  afterEach(async () => {
    for (const { uuid } of await bench.store.enrolment_tokens.list())
      await bench.store.enrolment_tokens.delete(uuid);
  });

  const token = (changes: { uses_left?: number; expires_at?: number; text?: string }) => {
    const { text = TOKEN, ...limits } = changes;
    const token_hash = createHash('sha256').update(text).digest('hex');
    return bench.store.enrolment_tokens.create({ name: randomUUID(), token_hash, ...limits });
  };
  const refused = (attempt: Promise<unknown>) =>
    attempt.then(
      () => expect.fail('was not refused'),
      (error: ServiceError) => error,
    );
  /** The server does as it was told: its BMC has the address and the account. */
  const obey = (uuid: string, { address, username: name, password }: BmcOrders) => {
    const server = serverOf(bench.servers, uuid);
    server.lan.address = address;
    server.accounts.push({ id: '9', name, password, role: 'administrator', enabled: true });
    server.power = 'power on';
  };
  const say = (
    answer: { registration_uuid: string; secret: string },
    outcome: 'running' | 'failed' | 'done',
    cause = '',
  ) =>
    bench.client.registrationProgress(answer.registration_uuid, answer.secret, {
      ...{ step: 'bmc-lan' as const, outcome, cause, log_tail: 'line 1\nline 2' },
    });
  const over = (answer: { registration_uuid: string; secret: string }): Promise<RegistrationVerdict> =>
    eventually(async () => {
      const verdict = await say(answer, 'done');
      expect(verdict.action).to.not.equal('wait');
      return verdict;
    });

  it('S5 S21 S23 S25 S26 makes a node with ports, inventory, flavor and a BMC that a conductor has reached', async () => {
    const flavor = await bench.store.flavors.create({
      ...{ name: 'big', availability_zone: 'z1', resource_class: 'big' },
      match: [{ field: 'memory_mb', op: 'ge', value: 65_536 }],
    });
    const report = newReport();
    const answer = await bench.client.register(TOKEN, report);
    expect(answer).to.include({ action: 'go-on', node_uuid: report.system_uuid, cause: null });
    const { bmc } = answer;
    if (bmc === null) throw new Error('no orders for the BMC');
    expect(bmc).to.include({
      netmask: '255.255.255.0',
      gateway: '10.9.0.1',
      vlan_id: 30,
      username: 'kurogane',
    });
    obey(report.system_uuid, bmc);
    expect((await say(answer, 'running')).action).to.equal('wait');
    expect((await over(answer)).action).to.equal('power-off');

    const node = await bench.read({ uuid: report.system_uuid });
    expect(node).to.deep.include({
      ...{ provision_state: 'manageable', power_state: 'power off', resource_class: 'big', last_error: null },
    });
    expect(node.driver_info).to.deep.equal({
      ...{
        fake_latency_ms: '0',
        fake_address: bmc.address,
        fake_username: 'kurogane',
        fake_password: bmc.password,
      },
    });
    const server = await bench.store.servers.get(node.uuid);
    expect(server).to.deep.include({
      ...{ serial_number: report.serial_number, manufacturer: 'Dell Inc.', product_name: 'R640' },
      ...{ flavor_uuid: flavor.uuid, availability_zone: 'z1', stage: 'inventory' },
    });
    const ports = await bench.store.ports.list({ where: { node_uuid: node.uuid } });
    expect(ports.map(({ address, pxe_enabled }) => [address, pxe_enabled])).to.deep.equal(
      report.ports.map(({ mac, pxe }) => [mac, pxe]),
    );
    expect(ports[0]?.local_link_connection).to.include({ switch_info: 'leaf1', port_id: 'Eth1/1' });
    expect((await bench.store.inventory.get(node.uuid))?.inventory).to.have.property('bmc_address');
    const record = await bench.store.registrations.get(answer.registration_uuid);
    expect(record).to.deep.include({
      state: 'succeeded',
      bmc_address: bmc.address,
      log_tail: 'line 1\nline 2',
    });
    await bench.store.flavors.delete(flavor.uuid);
  });

  it('S17 S27 S29 S31 S32 S34 leaves a server with a wrong cable on, and says why on record and to Slack', async () => {
    const report = newReport();
    const cable = { device: report.serial_number, port: 'eno1', switch_name: 'leaf1', switch_port: 'Eth1/9' };
    const planned = await bench.store.cables.create(cable);
    const answer = await bench.client.register(TOKEN, report);
    expect(answer).to.include({ action: 'stay', step: 'cabling', bmc: null });
    expect(answer.cause).to.match(/eno1.*expected leaf1 Eth1\/9, found leaf1 Eth1\/1/);
    expect(await bench.store.ip_addresses.count({ holder: report.system_uuid })).to.equal(0);
    expect((await bench.read({ uuid: report.system_uuid })).last_error).to.match(
      /^Registration failed at cabling/,
    );
    expect(await bench.store.servers.get(report.system_uuid)).to.include({
      attention: true,
      stage: 'registration',
    });
    const record = await bench.store.registrations.get(answer.registration_uuid);
    expect(record).to.include({ state: 'failed', step: 'cabling', address: '192.0.2.10' });
    expect(record?.ports[0]).to.include({ verdict: 'wrong-port', expected: 'leaf1 Eth1/9' });
    const [notice] = await bench.store.notices.list({
      where: { subject_key: `registration.failed:${answer.registration_uuid}` },
    });
    expect(notice).to.include({ outlet: 'slack', severity: 'error', state: 'queued' });
    expect(notice?.payload.text).to.match(/failed at cabling.*ssh root@192\.0\.2\.10/s);

    // The cable is put right and the server is started again.
    await bench.store.cables.delete(planned.uuid);
    const again = await bench.client.register(TOKEN, report);
    expect(again).to.include({ action: 'go-on', node_uuid: report.system_uuid });
    expect((await bench.read({ uuid: report.system_uuid })).last_error).to.equal(null);
    expect(await bench.store.ports.count({ node_uuid: report.system_uuid })).to.equal(2);
  });

  it('S29 S31 S34 tells where the server stopped, and keeps what it was told', async () => {
    const report = newReport();
    const answer = await bench.client.register(TOKEN, report);
    const verdict = await say(answer, 'failed', 'ipmitool lan set 1 ipaddr: command failed\u0007');
    expect(verdict).to.deep.equal({
      ...{ action: 'stay', step: 'bmc-lan', cause: 'ipmitool lan set 1 ipaddr: command failed' },
    });
    expect((await say(answer, 'done')).action).to.equal('stay');
    const [notice] = await bench.store.notices.list({
      where: { subject_key: `registration.failed:${answer.registration_uuid}` },
    });
    expect(notice?.payload.text).to.match(/ssh root@192\.0\.2\.10\nIts last words:\nline 1\nline 2$/);
  });

  it('S25 leaves a server on whose BMC does not let the service in', async () => {
    const report = newReport();
    const answer = await bench.client.register(TOKEN, report);
    // It has the address, but not the account.
    serverOf(bench.servers, report.system_uuid).lan.address = answer.bmc?.address ?? '';
    const verdict = await over(answer);
    expect(verdict).to.include({ action: 'stay', step: 'verify' });
    expect(verdict.cause).to.match(/BMC could not be reached at 10\.9\.0\.\d+/);
    expect(await bench.read({ uuid: report.system_uuid })).to.include({ provision_state: 'enroll' });
  });

  it('S7 refuses a doubled UUID by name, and touches nothing', async () => {
    const first = newReport();
    await bench.client.register(TOKEN, first);
    const before = await bench.read({ uuid: first.system_uuid });
    const twin = newReport({ system_uuid: first.system_uuid });
    const error = await refused(bench.client.register(TOKEN, twin));
    expect(error).to.include({ code: 'DoubledSystemUuid', status: 409 });
    expect(error.message).to.contain(first.serial_number).and.contain(twin.serial_number);
    expect(await bench.read({ uuid: first.system_uuid })).to.deep.equal(before);
    const [record] = await bench.store.registrations.list({ where: { serial_number: twin.serial_number } });
    expect(record).to.include({ state: 'failed', step: 'enrol' });
  });

  it('S7 lets one of two servers with one UUID in that come at once', async () => {
    const { system_uuid } = newReport();
    const answers = await Promise.all(
      [1, 2, 3].map(() =>
        bench.client.register(TOKEN, newReport({ system_uuid })).then(
          () => 'in',
          (error: ServiceError) => error.code,
        ),
      ),
    );
    expect(answers.sort()).to.deep.equal(['DoubledSystemUuid', 'DoubledSystemUuid', 'in']);
    expect(await bench.store.ports.count({ node_uuid: system_uuid })).to.equal(2);
  });

  it('refuses a server that is registered already, and one with the MAC address of another', async () => {
    const node = await bench.node({ provision_state: 'active' });
    const in_use = newReport({ system_uuid: node.uuid });
    expect(await refused(bench.client.register(TOKEN, in_use))).to.include({ code: 'RegistrationRefused' });
    const { address } = await bench.store.ports.create({
      node_uuid: node.uuid,
      address: '52:54:00:12:34:56',
    });
    const other = newReport({ ports: [newReportedPort({ mac: address })] });
    const error = await refused(bench.client.register(TOKEN, other));
    expect(error.message).to.contain(node.uuid);
    expect(await bench.store.nodes.get(other.system_uuid)).to.equal(null);
  });

  it('refuses a server whose node was enrolled by hand, as often as it comes', async () => {
    const driver_info = { redfish_address: 'https://192.0.2.3', fake_password: 'planted' };
    const node = await bench.node({ provision_state: 'enroll', driver_info });
    const report = newReport({ system_uuid: node.uuid });
    for (let times = 0; times < 3; times++)
      expect(await refused(bench.client.register(TOKEN, report))).to.include({ code: 'RegistrationRefused' });
    expect((await bench.read(node)).driver_info).to.deep.equal(driver_info);
    expect(await bench.store.registrations.count({ system_uuid: node.uuid, state: 'failed' })).to.equal(3);
  });

  const TOKENS: readonly [string, () => Promise<unknown>][] = [
    ['a forged token', async () => {}],
    ['an expired one', () => token({ text: 'kg-other', expires_at: 1 })],
    ['one that is used up', () => token({ text: 'kg-other', uses_left: 0 })],
  ];
  for (const [name, make] of TOKENS)
    it(`refuses ${name}, and keeps nothing`, async () => {
      await make();
      const report = newReport();
      const error = await refused(bench.client.register('kg-other', report));
      expect(error).to.include({ code: 'InvalidEnrolmentToken', status: 403 });
      expect(await bench.store.registrations.count({ system_uuid: report.system_uuid })).to.equal(0);
      expect(await bench.store.nodes.get(report.system_uuid)).to.equal(null);
    });

  it('counts a token once for a server, however often it comes', async () => {
    const { uuid } = await token({ text: 'kg-two', uses_left: 2 });
    const report = newReport();
    for (let times = 0; times < 3; times++) await bench.client.register('kg-two', report);
    expect((await bench.store.enrolment_tokens.get(uuid))?.uses_left).to.equal(1);
    const running = await bench.store.registrations.list({ where: { system_uuid: report.system_uuid } });
    expect(running.map(({ state }) => state)).to.deep.equal(['failed', 'failed', 'running']);
  });

  it('takes words only from who has the secret', async () => {
    const answer = await bench.client.register(TOKEN, newReport());
    expect(await refused(say({ ...answer, secret: 'x' }, 'failed'))).to.include({ code: 'NotFound' });
    expect((await bench.store.registrations.get(answer.registration_uuid))?.state).to.equal('running');
  });

  it('S22 says that the pool is exhausted', async () => {
    const pool = await bench.store.ip_pools.getByName('bmc');
    if (pool === null) throw new Error('no pool');
    await bench.store.ip_pools.update(pool.uuid, { ranges: [] });
    const answer = await bench.client.register(TOKEN, newReport());
    await bench.store.ip_pools.update(pool.uuid, { ranges: pool.ranges });
    expect(answer).to.include({ action: 'stay', step: 'address' });
    expect(answer.cause).to.match(/Pool bmc.*no free address/);
  });

  it('names a server without a BMC', async () => {
    const answer = await bench.client.register(TOKEN, newReport({ bmc: null }));
    expect(answer).to.include({ action: 'stay', step: 'bmc-lan' });
  });

  it('makes a node of inspection data, which waits for the account of its BMC', async () => {
    const inventory = inventoryOf(newReport({ bmc: { address: '192.0.2.99', mac: null } }));
    const lldp_raw = {
      eno1: [
        [1, '04525400abcdef'],
        [2, '0545746831'],
        [5, '6c65616637'],
      ],
    };
    const report = reportOfInventory(inventory, { lldp_raw }, randomUUID());
    const node = await bench.client.discover(report);
    expect(node).to.deep.include({
      ...{ uuid: report.system_uuid, provision_state: 'enroll', last_error: null },
      driver_info: { fake_latency_ms: '0', fake_address: '192.0.2.99' },
    });
    const [record] = await bench.store.registrations.list({ where: { node_uuid: node.uuid } });
    expect(record).to.include({ state: 'succeeded', step: 'report', token_uuid: null });
    const [port] = await bench.store.ports.list({ where: { node_uuid: node.uuid } });
    expect(port?.local_link_connection).to.deep.equal({
      ...{ switch_id: '52:54:00:ab:cd:ef', port_id: 'Eth1', switch_info: 'leaf7' },
    });
    // The same server again, and another one that says that it is this one.
    expect((await bench.client.discover(report)).uuid).to.equal(node.uuid);
    const records = await bench.store.registrations.count();
    const liar = reportOfInventory(inventoryOf(newReport()), {}, node.uuid);
    const error = await refused(bench.client.discover({ ...liar, system_uuid: node.uuid }));
    expect(error.code).to.equal('DoubledSystemUuid');
    // Who has no token fills no records.
    expect(await bench.store.registrations.count()).to.equal(records);
  });

  it('S56 ends the registration of a server that fell silent', async () => {
    const answer = await bench.client.register(TOKEN, newReport());
    await bench.start('conductor-2', { periodics: [{ ...registrationSweep, interval_s: () => 0.05 }] });
    const record = await eventually(async () => {
      const found = await bench.store.registrations.get(answer.registration_uuid);
      expect(found?.state).to.equal('failed');
      return found;
    });
    expect(record).to.include({ step: 'bmc-lan' });
    expect(record?.cause).to.match(/said nothing for/);
  });
});

describe('S31 notices', () => {
  it('are posted to Slack and the webhook, tried again, and sent once whoever delivers', async () => {
    const got: { path: string; body: Record<string, unknown> }[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        got.push({ path: request.url ?? '', body: JSON.parse(Buffer.concat(chunks).toString()) });
        response.writeHead(got.length === 1 ? 500 : 200).end('ok');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const often: Periodic = { ...noticeDelivery, interval_s: () => 0.02 };
    const bench = await startConductorBench({
      registration: { driver: 'fake-hardware' },
      notices: { slack_url: `${url}/slack-planted`, webhook_url: `${url}/hook` },
    });
    try {
      await bench.start();
      const token_hash = createHash('sha256').update(TOKEN).digest('hex');
      await bench.store.enrolment_tokens.create({ name: 't', token_hash });
      // Without a pool.
      await bench.client.register(TOKEN, newReport());
      for (const host of ['a', 'b']) await bench.start(host, { periodics: [often] });
      const first = await eventually(async () => {
        const found = await bench.store.notices.list({ where: { last_error: ['HTTP status 500'] } });
        expect(found).to.have.length(1);
        return found[0];
      });
      await bench.store.notices.update(first?.uuid ?? '', { next_at: 0 });
      await eventually(async () => {
        expect(await bench.store.notices.count({ state: 'sent' })).to.equal(2);
      });
      expect(got.map(({ path }) => path).sort()).to.have.length(3);
      const slack = got.find(({ path }) => path === '/slack-planted');
      expect(slack?.body.text).to.match(/:rotating_light: .*failed at address/);
      expect(got.find(({ path }) => path === '/hook')?.body).to.include({
        event: 'registration.failed',
        step: 'address',
      });
    } finally {
      await bench[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
