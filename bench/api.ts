import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { type Deployment, startDeployment } from '../spec/e2e/deployment.ts';
import type { OpenstackAccount } from '../spec/e2e/openstack-shell.ts';
import { type BenchOptions, type BenchRow, report } from './report.ts';

/**
 * The API over MariaDB, with the API and a conductor as separate processes and a cached Keystone token: the client and the
 * database share the machine with them. The peer's figures are of an Ironic 21.4 (uwsgi, two processes) on such a machine.
 */

const CONNECTIONS = 8;
const PAGE = 1000;
const SHOWS = 5000;
const LISTS = 40;
const DETAILS = 20;
const PATCHES = 1000;
const LIFECYCLE_NODES = 50;
const STATE_DEADLINE_MS = 120_000;

const PEER = 'Ironic 21.4';

const FAKE_HARDWARE = {
  enabled_hardware_types: ['fake-hardware'],
  enabled_boot_interfaces: ['fake'],
  enabled_deploy_interfaces: ['fake'],
  enabled_inspect_interfaces: ['fake'],
  enabled_management_interfaces: ['fake'],
  enabled_power_interfaces: ['fake'],
  enabled_vendor_interfaces: ['no-vendor'],
};

interface Answer {
  status: number;
  text: string;
}

/** A client that keeps its connections and its token. */
interface Client extends AsyncDisposable {
  ask(method: string, path: string, body?: object): Promise<Answer>;
}

/** How long each of a number of requests took, and all of them together. */
interface Timing {
  wall_s: number;
  /** Sorted. */
  each_ms: number[];
}

export async function run(options: BenchOptions): Promise<void> {
  await using deployment = await startDeployment({ DEFAULT: FAKE_HARDWARE });
  await using client = await openClient(deployment);
  await until('the conductor to register', async () =>
    (await ask(client, 'GET', '/v1/drivers')).includes('fake-hardware'),
  );
  const rows: BenchRow[] = [];
  const uuids: string[] = [];
  const created = await timed(PAGE, CONNECTIONS, async (at) => {
    uuids[at] = uuidOf(await ask(client, 'POST', '/v1/nodes', newNode(`bench-${at}`)));
  });
  rows.push(...rateRows('create', created, 75));
  rows.push(
    ...rateRows(
      'show',
      await timed(SHOWS, CONNECTIONS, (at) => ask(client, 'GET', `/v1/nodes/${uuids[at % PAGE]}`)),
      278,
    ),
  );
  rows.push(
    ...latencyRows(
      'list of 1,000',
      await timed(LISTS, 1, () => ask(client, 'GET', '/v1/nodes?limit=1000')),
      153,
    ),
  );
  rows.push(
    ...latencyRows(
      'detail of 1,000',
      await timed(DETAILS, 1, () => ask(client, 'GET', '/v1/nodes/detail?limit=1000')),
      457,
    ),
  );
  const patched = await timed(PATCHES, CONNECTIONS, (at) =>
    ask(client, 'PATCH', `/v1/nodes/${uuids[at % PAGE]}`, [{ op: 'add', path: '/extra/bench', value: at }]),
  );
  rows.push(...rateRows('patch', patched, 30));
  const deleted = await timed(PAGE - LIFECYCLE_NODES, CONNECTIONS, (at) =>
    ask(client, 'DELETE', `/v1/nodes/${uuids[at + LIFECYCLE_NODES]}`),
  );
  rows.push(...rateRows('delete', deleted, 38));
  rows.push(await lifecycle(client, uuids.slice(0, LIFECYCLE_NODES)));
  await report('api', rows, options);
}

/** Takes nodes through a whole life, all at once, each verb when the one before has settled. */
async function lifecycle(client: Client, uuids: readonly string[]): Promise<BenchRow> {
  const stages = [
    ['manage', 'manageable'],
    ['provide', 'available'],
    ['active', 'active'],
    ['deleted', 'available'],
  ] as const;
  const start_ms = performance.now();
  for (const [target, state] of stages) {
    await timed(uuids.length, CONNECTIONS, (at) =>
      ask(client, 'PUT', `/v1/nodes/${uuids[at]}/states/provision`, { target }),
    );
    await until(`${uuids.length} nodes in ${state}`, async () => {
      const path = '/v1/nodes?fields=provision_state,target_provision_state,last_error';
      const { nodes } = JSON.parse(await ask(client, 'GET', path)) as {
        nodes: Record<string, string | null>[];
      };
      const failed = nodes.find((node) => node.provision_state?.endsWith('failed'));
      if (failed !== undefined) throw new Error(`A node is ${failed.provision_state}: ${failed.last_error}`);
      return nodes.every((node) => node.provision_state === state && node.target_provision_state === null);
    });
  }
  const per_s = (uuids.length * stages.length) / ((performance.now() - start_ms) / 1000);
  return row('lifecycle of 50 fake nodes', per_s, 'transitions/s', 22.5, per_s / 22.5);
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

function uuidOf(text: string): string {
  return (JSON.parse(text) as { uuid: string }).uuid;
}

/** Runs `count` requests, `at_once` at a time. */
async function timed(
  count: number,
  at_once: number,
  request: (at: number) => Promise<unknown>,
): Promise<Timing> {
  const each_ms: number[] = [];
  let next = 0;
  const start_ms = performance.now();
  const worker = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) {
      const begin_ms = performance.now();
      await request(at);
      each_ms.push(performance.now() - begin_ms);
    }
  };
  await Promise.all(Array.from({ length: at_once }, worker));
  return { wall_s: (performance.now() - start_ms) / 1000, each_ms: each_ms.sort((a, b) => a - b) };
}

function percentile({ each_ms }: Timing, share: number): number {
  return each_ms[Math.min(each_ms.length - 1, Math.floor(each_ms.length * share))] ?? Number.NaN;
}

function rateRows(name: string, timing: Timing, peer_per_s: number): BenchRow[] {
  const per_s = timing.each_ms.length / timing.wall_s;
  return [row(name, per_s, 'requests/s', peer_per_s, per_s / peer_per_s), ...percentileRows(name, timing)];
}

function latencyRows(name: string, timing: Timing, peer_ms: number): BenchRow[] {
  const mean_ms = (timing.wall_s * 1000) / timing.each_ms.length;
  return [
    row(name, mean_ms, 'ms', peer_ms, peer_ms / mean_ms),
    row(name, 1000 / mean_ms, 'requests/s', null, null),
    ...percentileRows(name, timing),
  ];
}

function percentileRows(name: string, timing: Timing): BenchRow[] {
  return [
    row(`${name}, p50`, percentile(timing, 0.5), 'ms', null, null),
    row(`${name}, p95`, percentile(timing, 0.95), 'ms', null, null),
  ];
}

function row(
  measure: string,
  value: number,
  unit: string,
  peer_value: number | null,
  ratio: number | null,
): BenchRow {
  return { measure, value, unit, peer: peer_value === null ? null : PEER, peer_value, ratio };
}

async function openClient(deployment: Deployment): Promise<Client> {
  const pool = new Pool(deployment.api_url, { connections: CONNECTIONS });
  const token = await logIn(deployment.operator);
  const headers = {
    'content-type': 'application/json',
    'x-openstack-ironic-api-version': '1.115',
    'x-auth-token': token,
  };
  return {
    async ask(method, path, body) {
      const { statusCode, body: reply } = await pool.request({
        method: method as 'GET',
        path,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: statusCode, text: await reply.text() };
    },
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

/** The text of a reply that has to be good. */
async function ask(client: Client, method: string, path: string, body?: object): Promise<string> {
  const { status, text } = await client.ask(method, path, body);
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
  return text;
}

async function logIn({ auth_url, username, password }: OpenstackAccount): Promise<string> {
  const user = { name: username, domain: { name: 'Default' }, password };
  const auth = { identity: { methods: ['password'], password: { user } }, scope: { system: { all: true } } };
  const reply = await fetch(`${auth_url}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth }),
  });
  const token = reply.headers.get('x-subject-token');
  if (token === null) throw new Error(`The log-in failed: ${reply.status}`);
  return token;
}

async function until(what: string, reached: () => Promise<boolean>): Promise<void> {
  const deadline_ms = performance.now() + STATE_DEADLINE_MS;
  while (!(await reached())) {
    if (performance.now() > deadline_ms) throw new Error(`Waited too long for ${what}.`);
    await sleep(20);
  }
}
