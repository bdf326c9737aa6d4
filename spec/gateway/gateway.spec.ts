import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import { createRedfishDriver } from '../../drivers/redfish/driver.ts';
import { leasesOver } from '../../gateway/leases.ts';
import { createRedfishGateway } from '../../gateway/redfish/gateway.ts';
import { openUpstream, type Upstream } from '../../gateway/redfish/upstream.ts';
import { createWatch, type Watch } from '../../gateway/watch.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { type RedfishRack, type RedfishServer, startRedfishRack } from '../../rack/redfish/redfish-rack.ts';
import { type LifecycleBench, serveLifecycle } from '../api/lifecycle/lifecycle-bench.ts';
import {
  type ConductorBench,
  SILENT,
  settingsWith,
  startConductorBench,
} from '../conductor/conductor-bench.ts';
import { forbidden } from './forbidden-requests.ts';

const P1: Partial<Caller> = { system_scope: false, project_id: 'p1', roles: ['member', 'reader'] };
/** The whole number is for a machine of one's own: GATEWAY_REQUESTS=100000. */
const REQUESTS = Number(process.env.GATEWAY_REQUESTS ?? 2000);

describe('S83 the Redfish gateway', function () {
  this.timeout(60_000);
  let rack: RedfishRack;
  let bmc: RedfishServer;
  let bench: ConductorBench;
  let api: LifecycleBench;
  let node: NodeRecord;
  let upstream: Upstream;
  let watch: Watch;
  let url: string;
  let close: () => Promise<void>;

  before(async () => {
    rack = await startRedfishRack({ count: 1, clock: systemClock, boot_url: () => 'http://127.0.0.1:1' });
    const [server] = rack.servers;
    if (server === undefined) throw new Error('The rack is empty.');
    bmc = server;
    bench = await startConductorBench(
      {
        DEFAULT: { enabled_hardware_types: ['redfish'] },
        gateway: { public_endpoint: 'https://gateway.example' },
      },
      {
        driver: createRedfishDriver(
          { clock: systemClock, log: SILENT },
          settingsWith({ redfish: { auth_type: 'basic' } }).redfish,
        ),
      },
    );
    api = await serveLifecycle(bench);
    await bench.start();
    upstream = openUpstream();
    const { store } = bench;
    watch = createWatch((uuids) => leasesOver(store, uuids), systemClock);
    const gateway = createRedfishGateway({ store, upstream, watch, log: SILENT, audit: true });
    const listener = createServer(gateway);
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
    close = async () => {
      listener.closeAllConnections();
      listener.close();
      await once(listener, 'close');
    };
  });
  after(async () => {
    await close();
    await watch[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    node = await bench.node({
      ...{ driver: 'redfish', provision_state: 'active', lessee: 'p1' },
      ...{ power_interface: 'redfish', management_interface: 'redfish' },
      driver_info: { ...bmc.redfish_info, redfish_verify_ca: false },
    });
  });
  afterEach(async () => {
    await bench.store.nodes.delete(node.uuid);
    bmc.redfish.faults = {};
  });

  interface Lease {
    uuid: string;
    authorization: string;
    username: string;
    password: string;
  }

  async function lease(body: object = {}): Promise<Lease> {
    const path = `/v1/servers/${node.uuid}/bmc-leases`;
    const made = await api.ask('POST', path, { access: 'gateway', ...body }, P1);
    expect(made.status, JSON.stringify(made.body)).to.equal(201);
    const [username, password] = [String(made.body.username), String(made.body.password)];
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    return { uuid: String(made.body.uuid), authorization, username, password };
  }

  const ask = (
    path: string,
    headers: Record<string, string>,
    method = 'GET',
    body?: unknown,
  ): Promise<Response> =>
    fetch(`${url}${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  /** Sends a request as it is: fetch would tidy its path up. */
  const raw = (method: string, path: string, headers: Record<string, string>, body: string | null) =>
    new Promise<number>((resolve, reject) => {
      const sent = httpRequest(
        { host: '127.0.0.1', port: new URL(url).port, method, path, headers, agent: false },
        (response) => {
          response.resume();
          response.once('end', () => resolve(response.statusCode ?? 0));
        },
      );
      sent.once('error', reject);
      sent.end(body ?? undefined);
    });

  const systemPath = async (headers: Record<string, string>): Promise<string> => {
    const list = (await (await ask('/redfish/v1/Systems', headers)).json()) as {
      Members: { '@odata.id': string }[];
    };
    return list.Members[0]?.['@odata.id'] ?? '';
  };

  it('leads the holder to the BMC with the account of the lease, which is no administrator', async () => {
    const { authorization, username } = await lease();
    const system = await systemPath({ authorization });
    expect(bmc.redfish.state.accounts.accounts.find(({ name }) => name === username)?.role).to.equal(
      'Operator',
    );
    const shown = (await (await ask(system, { authorization })).json()) as { PowerState: string };
    expect(shown.PowerState).to.be.oneOf(['On', 'Off']);
    const reset = await ask(`${system}/Actions/ComputerSystem.Reset`, { authorization }, 'POST', {
      ResetType: 'On',
    });
    expect(reset.status).to.be.oneOf([200, 202, 204]);
    const boot = { Boot: { BootSourceOverrideTarget: 'Pxe', BootSourceOverrideEnabled: 'Once' } };
    expect((await ask(system, { authorization }, 'PATCH', boot)).status).to.be.oneOf([200, 204]);
    const last = bmc.redfish.requests.at(-1);
    expect(last).to.deep.include({ method: 'PATCH', path: system, credentials: 'basic', body: boot });
    const entries = await bench.store.audit.list({ node_uuid: node.uuid, limit: 10 });
    expect(
      entries.filter(({ action }) => action === 'bmc-gateway').map(({ detail }) => detail.method),
    ).to.include.members([...['PATCH', 'POST', 'GET']]);
  });

  it('knows sessions as clients open them', async () => {
    const { username: UserName, password: Password } = await lease();
    const opened = await ask('/redfish/v1/SessionService/Sessions', {}, 'POST', { UserName, Password });
    expect(opened.status).to.equal(201);
    const token = opened.headers.get('x-auth-token') ?? '';
    const session = new URL(opened.headers.get('location') ?? '', url).pathname;
    expect((await ask('/redfish/v1/Systems', { 'x-auth-token': token })).status).to.equal(200);
    expect((await ask(session, { 'x-auth-token': token }, 'DELETE')).status).to.equal(204);
    expect(
      bmc.redfish.requests.filter(({ path }) => path.includes('SessionService') && path.endsWith('x')),
    ).to.deep.equal([]);
  });

  it('ends with the lease at once, also in the middle of a request', async () => {
    const { uuid, authorization } = await lease();
    expect((await ask('/redfish/v1/Systems', { authorization })).status).to.equal(200);
    bmc.redfish.faults = { silent: true };
    const hanging = ask('/redfish/v1/Systems', { authorization });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const began = performance.now();
    await api.ask('DELETE', `/v1/servers/${node.uuid}/bmc-leases/${uuid}`, undefined, P1);
    expect((await hanging).status).to.equal(401);
    expect(performance.now() - began).to.be.below(1000);
    expect((await ask('/redfish/v1/Systems', { authorization })).status).to.equal(401);
  });

  it('lets nobody through by a lease that has expired, that is direct, of a server given back, or by other words', async () => {
    const good = await lease();
    const before = bmc.redfish.requests.length;
    const wrong = `Basic ${Buffer.from(`${good.username}:x`).toString('base64')}`;
    expect((await ask('/redfish/v1/Systems', { authorization: wrong })).status).to.equal(401);
    expect((await ask('/redfish/v1/Systems', {})).status).to.equal(401);
    await bench.store.nodes.update(node.uuid, { lessee: 'p2' });
    expect((await ask('/redfish/v1/Systems', { authorization: good.authorization })).status).to.equal(401);
    await bench.store.nodes.update(node.uuid, { lessee: 'p1' });
    await bench.store.bmc_leases.update(good.uuid, { expires_at: (await bench.store.now()) - 1 });
    expect((await ask('/redfish/v1/Systems', { authorization: good.authorization })).status).to.equal(401);
    expect(bmc.redfish.requests.length).to.equal(before);
    const direct = await lease({ access: 'direct' });
    const after = bmc.redfish.requests.length;
    expect((await ask('/redfish/v1/Systems', { authorization: direct.authorization })).status).to.equal(401);
    expect(bmc.redfish.requests.length).to.equal(after);
  });

  it(`lets none of ${REQUESTS} generated requests through that are forbidden or malformed`, async function () {
    this.timeout(900_000);
    const holder = await lease();
    const reader = await lease({ role: 'read-only' });
    const revoked = await lease();
    await bench.store.bmc_leases.update(revoked.uuid, { state: 'revoking' });
    const system = await systemPath({ authorization: holder.authorization });
    const before = bmc.redfish.requests.length;
    const answers = new Map<number, number>();
    const words = {
      holder: holder.authorization,
      reader: reader.authorization,
      revoked: revoked.authorization,
    };
    const generator = forbidden(REQUESTS, system, words);
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const { method, path, headers, body } of generator) {
          // Node's own client refuses what could not even be sent: the gateway never sees it.
          const status = await raw(method, path, headers, body).catch(() => 0);
          answers.set(status, (answers.get(status) ?? 0) + 1);
        }
      }),
    );
    const reached = bmc.redfish.requests.slice(before);
    expect(reached, JSON.stringify([...answers])).to.deep.equal([]);
    expect([...answers.keys()].filter((status) => status > 0 && status < 400)).to.deep.equal([]);
    expect(answers.get(403) ?? 0).to.be.above(REQUESTS / 3);
  });
});
