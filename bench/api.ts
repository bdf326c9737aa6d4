import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBenchService } from './api-service.ts';
import { type DatabaseFloor, openDatabaseFloor } from './database-floor.ts';
import { type HttpClient, openHttpClient } from './http-client.ts';
import { type BenchOptions, type BenchRow, report } from './report.ts';

/**
 * The API over MariaDB, with the API and a conductor as separate processes and a cached Keystone token: the client and the
 * database share the machine with them. The peer's figures are of an Ironic 21.4 (uwsgi, two processes) on such a machine.
 * The second peer is the database alone: the statements that the service sent for such a request, sent by this process.
 */

const CONNECTIONS = 8;
const PAGE = 1000;
const SHOWS = 10_000;
const LISTS = 60;
const DETAILS = 40;
const LIFECYCLE_NODES = 50;
const STATE_DEADLINE_MS = 30_000;
/** Each look shows all the nodes that there are: more of them would measure the looking. */
const POLL_MS = 10;
/** Rows of the table at which the cost of one page is measured. */
const TABLE_SIZES = [1000, 10_000];
const LONG_TABLE_SIZES = [...TABLE_SIZES, 100_000];
const PAGES = 20;
/** Name of the node whose statements are recorded. */
const MODEL = 'floor-model';
/** Requests before those of a young process. */
const FIRST_REQUESTS = 300;
/** Requests, and lives of fifty nodes, until V8 has compiled what a process that runs for weeks has compiled. */
const WARM_UPS = 3000;
const WARM_LIVES = 8;
const LIVES = 5;

const IRONIC = 'Ironic 21.4';
const DATABASE = 'database alone';
const LIST = `list of ${PAGE}`;
const DETAIL = `detail of ${PAGE}`;
/** Requests per second; milliseconds for the lists. */
const IRONIC_FIGURES: Readonly<Record<string, number>> = {
  create: 75,
  show: 278,
  [LIST]: 153,
  [DETAIL]: 457,
  patch: 30,
  delete: 38,
};
const IRONIC_API_MIB = 284;
const IRONIC_CONDUCTOR_MIB = 151;

/** How long each of a number of requests took, all of them together, and the CPU of this process meanwhile. */
interface Timing {
  wall_s: number;
  client_cpu_s: number;
  /** Sorted. */
  each_ms: number[];
}

/** One kind of request, and the same without the service: the statements that the database saw of one. */
interface Measured {
  name: string;
  count: number;
  at_once: number;
  send(at: number): Promise<unknown>;
  replay(at: number): Promise<unknown>;
}

export async function run(options: BenchOptions): Promise<void> {
  await using service = await startBenchService();
  const headers = { 'x-openstack-ironic-api-version': '1.115', 'x-auth-token': service.token };
  await using client = await openHttpClient(service.api_url, CONNECTIONS, headers);
  await using floor = openDatabaseFloor(service.database_url, CONNECTIONS);
  await until('the conductor to register', async () =>
    (await client.ask('GET', '/v1/drivers')).includes('fake-hardware'),
  );
  const rows = [
    ...(await nodeRows(client, floor)),
    await bareHttp(),
    ...(await pageRows(client, floor, options.long === true ? LONG_TABLE_SIZES : TABLE_SIZES)),
  ];
  const { api, conductor } = await service.memory();
  const whole = (api + conductor) / 2 ** 20;
  rows.push(
    row('memory of the API', api / 2 ** 20, 'MiB', IRONIC, IRONIC_API_MIB),
    row('memory of the conductor', conductor / 2 ** 20, 'MiB', IRONIC, IRONIC_CONDUCTOR_MIB),
    row('memory of both', whole, 'MiB', IRONIC, IRONIC_API_MIB + IRONIC_CONDUCTOR_MIB),
  );
  await report('api', rows, options);
}

/** Creation, show, both lists, patch and deletion of a thousand nodes, and the lives of fifty. */
async function nodeRows(client: HttpClient, floor: DatabaseFloor): Promise<BenchRow[]> {
  const create = async (name: string) => uuidOf(await client.ask('POST', '/v1/nodes', newNode(name)));
  const show = (uuid: string) => client.ask('GET', `/v1/nodes/${uuid}`);
  const patch = (uuid: string, value: number) =>
    client.ask('PATCH', `/v1/nodes/${uuid}`, [{ op: 'add', path: '/extra/bench', value }]);
  const remove = (uuid: string) => client.ask('DELETE', `/v1/nodes/${uuid}`);
  const list = () => client.ask('GET', `/v1/nodes?limit=${PAGE}`);
  const detail = () => client.ask('GET', `/v1/nodes/detail?limit=${PAGE}`);
  const through = async (name: string) => {
    const uuid = await create(name);
    await show(uuid);
    await patch(uuid, 0);
    await remove(uuid);
  };
  await timed(FIRST_REQUESTS, CONNECTIONS, (at) => through(`first-${at}`));
  const young: string[] = [];
  const created = await timed(PAGE, CONNECTIONS, async (at) => {
    young[at] = await create(`young-${at}`);
  });
  const first = [
    rateRow('create, by a young process', created, IRONIC, IRONIC_FIGURES.create),
    ...(await lives(client, young.slice(0, LIFECYCLE_NODES), 1, 1, ', by young processes')),
  ];
  await timed(PAGE, CONNECTIONS, (at) => remove(young[at] ?? ''));
  await timed(WARM_UPS, CONNECTIONS, (at) => through(`warm-up-${at}`));

  const model = await create(MODEL);
  const about = (uuid: string, work: () => Promise<unknown>) => floor.record(() => work().then(() => uuid));
  const showing = await about(model, () => show(model));
  const patching = await about(model, () => patch(model, 1));
  const listing = await about(model, list);
  const detailing = await about(model, detail);
  await remove(model);
  let made = '';
  const creating = await floor.record(async () => {
    made = await create(MODEL);
    return made;
  });
  const deleting = await about(made, () => remove(made));

  const uuids: string[] = [];
  const copies = Array.from({ length: 2 * PAGE }, () => randomUUID());
  const copy = (at: number) => copies[at % copies.length] ?? '';
  const all = [
    await measure({
      ...{ name: 'create', count: PAGE, at_once: CONNECTIONS },
      send: async (at) => {
        uuids[at] = await create(`bench-${at}`);
      },
      replay: (at) => floor.replay(creating, { [made]: copy(at), [MODEL]: `copy-${at}` }),
    }),
  ];
  // The other half of the copies, for the deletions.
  await timed(PAGE, CONNECTIONS, (at) =>
    floor.replay(creating, { [made]: copy(PAGE + at), [MODEL]: `copy-${PAGE + at}` }),
  );
  const uuid = (at: number) => uuids[at % PAGE] ?? '';
  const others: Measured[] = [
    {
      ...{ name: 'show', count: SHOWS, at_once: CONNECTIONS },
      send: (at) => show(uuid(at)),
      replay: (at) => floor.replay(showing, { [model]: uuid(at) }),
    },
    {
      ...{ name: LIST, count: LISTS, at_once: 1 },
      send: list,
      replay: () => floor.replay(listing, {}),
    },
    {
      ...{ name: DETAIL, count: DETAILS, at_once: 1 },
      send: detail,
      replay: () => floor.replay(detailing, {}),
    },
    {
      ...{ name: 'patch', count: PAGE, at_once: CONNECTIONS },
      send: (at) => patch(uuid(at), at),
      replay: (at) => floor.replay(patching, { [model]: copy(at) }),
    },
    {
      ...{ name: 'delete', count: PAGE - LIFECYCLE_NODES, at_once: CONNECTIONS },
      send: (at) => remove(uuid(LIFECYCLE_NODES + at)),
      replay: (at) => floor.replay(deleting, { [made]: copy(PAGE + at) }),
    },
  ];
  for (const one of others) all.push(await measure(one));
  await timed(copies.length, CONNECTIONS, (at) => floor.replay(deleting, { [made]: copy(at) }));
  return [
    ...first,
    ...all.flat(),
    ...(await lives(client, uuids.slice(0, LIFECYCLE_NODES), WARM_LIVES, LIVES)),
  ];
}

/** Times a request and its statements, and says both beside the peer's figure. */
async function measure({ name, count, at_once, send, replay }: Measured): Promise<BenchRow[]> {
  const timing = await timed(count, at_once, send);
  const alone = await timed(count, at_once, replay);
  const ironic = IRONIC_FIGURES[name] ?? Number.NaN;
  const whole = at_once === 1 ? meanRow : rateRow;
  return [
    whole(name, timing, IRONIC, ironic),
    whole(name, timing, DATABASE, whole(name, alone, DATABASE, Number.NaN).value),
    row(`${name}, p50`, percentile(timing, 0.5), 'ms'),
    row(`${name}, p95`, percentile(timing, 0.95), 'ms'),
    row(`${name}, CPU of the client`, (100 * timing.client_cpu_s) / timing.wall_s, '% of a core'),
  ];
}

/** The median of several lives of the same nodes, after some that count for nothing. */
async function lives(
  client: HttpClient,
  uuids: readonly string[],
  warm_ups: number,
  count: number,
  of = '',
): Promise<BenchRow[]> {
  for (let life = 0; life < warm_ups; life++) await live(client, uuids);
  const rates: number[] = [];
  for (let life = 0; life < count; life++) rates.push(await live(client, uuids));
  const median = rates.sort((a, b) => a - b)[Math.floor(count / 2)] ?? Number.NaN;
  return [row(`lifecycle of ${uuids.length} fake nodes${of}`, median, 'transitions/s', IRONIC, 22.5)];
}

/** Takes nodes through a whole life, all at once, each verb when the one before has settled. Transitions per second. */
async function live(client: HttpClient, uuids: readonly string[]): Promise<number> {
  const stages = [
    ['manage', 'manageable'],
    ['provide', 'available'],
    ['active', 'active'],
    ['deleted', 'available'],
  ] as const;
  const start_ms = performance.now();
  for (const [target, state] of stages) {
    await timed(uuids.length, CONNECTIONS, (at) =>
      client.ask('PUT', `/v1/nodes/${uuids[at]}/states/provision`, { target }),
    );
    await until(`${uuids.length} nodes in ${state}`, async () => {
      const path = '/v1/nodes?fields=uuid,provision_state,target_provision_state,last_error';
      const found = JSON.parse(String(await client.ask('GET', path))) as {
        nodes: Record<string, string | null>[];
      };
      const nodes = found.nodes.filter((node) => uuids.includes(String(node.uuid)));
      const failed = nodes.find((node) => node.provision_state?.endsWith('failed'));
      if (failed !== undefined) throw new Error(`A node is ${failed.provision_state}: ${failed.last_error}`);
      return nodes.every((node) => node.provision_state === state && node.target_provision_state === null);
    });
  }
  return (uuids.length * stages.length) / ((performance.now() - start_ms) / 1000);
}

/** A server of Node that does nothing, in this process: what HTTP itself costs here. */
async function bareHttp(): Promise<BenchRow> {
  const server = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    await using client = await openHttpClient(`http://127.0.0.1:${port}`, CONNECTIONS, {});
    const timing = await timed(SHOWS, CONNECTIONS, () => client.ask('GET', '/'));
    return rateRow('client and bare node:http in one process', timing);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** One page in the middle of tables of these sizes. */
async function pageRows(
  client: HttpClient,
  floor: DatabaseFloor,
  sizes: readonly number[],
): Promise<BenchRow[]> {
  const model = uuidOf(await client.ask('POST', '/v1/nodes', newNode('page-model')));
  const rows: BenchRow[] = [];
  for (const size of sizes) {
    await floor.fill(model, size);
    const marker = await floor.middleNode();
    const page = () => client.ask('GET', `/v1/nodes?limit=100&marker=${marker}`);
    await timed(PAGES, 1, page);
    rows.push(meanRow(`page of 100 in the middle of ${size} nodes`, await timed(PAGES, 1, page)));
    const sorted = () => client.ask('GET', `/v1/nodes?limit=100&sort_key=name&marker=${marker}`);
    rows.push(meanRow(`the same by name`, await timed(PAGES, 1, sorted)));
  }
  return rows;
}

function newNode(name: string): object {
  return {
    name,
    driver: 'fake-hardware',
    properties: { cpu_arch: 'x86_64', memory_mb: 65_536, local_gb: 400, capabilities: 'boot_mode:uefi' },
    driver_info: { fake_id: name },
    instance_info: { image_source: 'http://127.0.0.1/image.raw', image_checksum: '0'.repeat(64) },
    resource_class: 'bench',
    extra: { rack: 'r1', row: 'a' },
  };
}

function uuidOf(body: Buffer): string {
  return (JSON.parse(String(body)) as { uuid: string }).uuid;
}

/** Runs `count` requests, `at_once` at a time. */
async function timed(
  count: number,
  at_once: number,
  request: (at: number) => Promise<unknown>,
): Promise<Timing> {
  const each_ms: number[] = [];
  let next = 0;
  const cpu_before = process.cpuUsage();
  const start_ms = performance.now();
  const worker = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) {
      const begin_ms = performance.now();
      await request(at);
      each_ms.push(performance.now() - begin_ms);
    }
  };
  await Promise.all(Array.from({ length: at_once }, worker));
  const wall_s = (performance.now() - start_ms) / 1000;
  const { user, system } = process.cpuUsage(cpu_before);
  return { wall_s, client_cpu_s: (user + system) / 1e6, each_ms: each_ms.sort((a, b) => a - b) };
}

function percentile({ each_ms }: Timing, share: number): number {
  return each_ms[Math.min(each_ms.length - 1, Math.floor(each_ms.length * share))] ?? Number.NaN;
}

function rateRow(name: string, timing: Timing, peer?: string, peer_value?: number): BenchRow {
  return row(name, timing.each_ms.length / timing.wall_s, 'requests/s', peer, peer_value);
}

function meanRow(name: string, timing: Timing, peer?: string, peer_value?: number): BenchRow {
  return row(name, (timing.wall_s * 1000) / timing.each_ms.length, 'ms', peer, peer_value);
}

/** `ratio`: of rates ours to the peer's, of times and sizes the peer's to ours. */
function row(measure: string, value: number, unit: string, peer?: string, peer_value?: number): BenchRow {
  if (peer === undefined || peer_value === undefined)
    return { measure, value, unit, peer: null, peer_value: null, ratio: null };
  const ratio = unit.endsWith('/s') ? value / peer_value : peer_value / value;
  return { measure, value, unit, peer, peer_value, ratio };
}

async function until(what: string, reached: () => Promise<boolean>): Promise<void> {
  const deadline_ms = performance.now() + STATE_DEADLINE_MS;
  while (!(await reached())) {
    if (performance.now() > deadline_ms) throw new Error(`Waited too long for ${what}.`);
    await sleep(POLL_MS);
  }
}
