import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openStore } from '../db/open-store.ts';
import { newKeyLine, parseKeyRing } from '../db/secrets.ts';
import { newNode } from '../spec/builders/records.ts';
import { run as runProgram } from '../spec/services/process.ts';
import { type BootBench, startBootBench } from './boot-service.ts';
import { cpuOf } from './cpu.ts';
import { openHttpClient } from './http-client.ts';
import { type BenchOptions, type BenchRow, report } from './report.ts';

/**
 * The boot service, a process of its own: how many servers a second are told what to boot, of ten thousand nodes on MariaDB; and how
 * fast it sends a file to curl, beside nginx with sendfile, which sends the same file. The goals: 2,000 scripts/s, 80 % of nginx.
 */

const NODES = 10_000;
const AT_ONCE = 16;
const ASKS = 20_000;
const SCRIPT_GOAL = 2000;
const NGINX_GOAL = 0.8;

const FILE_BYTES = 256 * 1024 * 1024;
const CLIENTS = 4;
/** Files that each client fetches, one after the other, in one round. */
const FILES = 4;
/** The two by turns, so that what else the machine does meets both alike; the median counts. */
const ROUNDS = 7;
const PART = { first: FILE_BYTES / 4, last: (FILE_BYTES / 4) * 3 - 1 };

export async function run(options: BenchOptions): Promise<void> {
  await using bench = await startBootBench();
  await writeImage(join(bench.folder, 'disk.raw'));
  const rows = [
    ...(await scriptRows(bench)),
    ...(await fileRows(bench, 'whole files', [])),
    ...(await fileRows(bench, 'ranges', ['--range', `${PART.first}-${PART.last}`])),
  ];
  await report('boot', rows, options);
}

async function scriptRows(bench: BootBench): Promise<BenchRow[]> {
  await using store = await openStore({
    connection: bench.database_url,
    keys: parseKeyRing(newKeyLine()),
  });
  const servers: { uuid: string; mac: string }[] = [];
  await times(NODES, async (n) => {
    const node = await store.nodes.create(
      newNode({ name: `server-${n}`, provision_state: 'wait call-back' }),
    );
    const mac = `52:54:00${n.toString(16).padStart(6, '0').replace(/../g, ':$&')}`;
    await store.ports.create({ node_uuid: node.uuid, address: mac });
    servers.push({ uuid: node.uuid, mac: mac.replaceAll(':', '-') });
  });
  const unknown = '11111111-2222-4333-8444-555555555555';
  await using client = await openHttpClient(bench.url, AT_ONCE, {});
  const ask = async (n: number, known: boolean): Promise<void> => {
    const { uuid, mac } = servers[(n * 7919) % NODES] ?? { uuid: unknown, mac: '' };
    // Nodes that registered have the server's own UUID; of others only the ports tell.
    const path = known ? `/ipxe/${uuid}?mac=${mac}` : `/ipxe/${unknown}?mac=${mac}`;
    const script = String(await client.ask('GET', path));
    if (!script.includes(`# node ${uuid}, wait call-back: agent`)) throw new Error(`${path}: ${script}`);
  };
  const rate = async (known: boolean): Promise<number> => {
    await times(ASKS / 5, (n) => ask(n, known));
    const began = performance.now();
    await times(ASKS, (n) => ask(n, known));
    return (ASKS / (performance.now() - began)) * 1000;
  };
  const row = (measure: string, value: number): BenchRow => ({
    ...{ measure, value, unit: '1/s', peer: 'the goal', peer_value: SCRIPT_GOAL, ratio: value / SCRIPT_GOAL },
  });
  return [
    row('/ipxe/{uuid}, of a node with the UUID of its server', await rate(true)),
    row('/ipxe/{uuid}, of a node found by its port alone', await rate(false)),
  ];
}

interface Sample {
  /** Bytes per second that reached the clients. */
  rate: number;
  /** CPU seconds of the server. */
  cpu_s: number;
}

async function fileRows(bench: BootBench, what: string, args: readonly string[]): Promise<BenchRow[]> {
  const bytes = CLIENTS * FILES * (args.length === 0 ? FILE_BYTES : PART.last - PART.first + 1);
  const fetchAll = async (url: string, pids: () => Promise<readonly number[]>): Promise<Sample> => {
    const cpu_before = await cpuOf(await pids());
    const began = performance.now();
    await Promise.all(Array.from({ length: CLIENTS }, () => curl(url, args)));
    const took_s = (performance.now() - began) / 1000;
    return { rate: bytes / took_s, cpu_s: (await cpuOf(await pids())) - cpu_before };
  };
  const ours: Sample[] = [];
  const nginx: Sample[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const one = await fetchAll(`${bench.url}/images/disk.raw`, bench.pids);
    const other = await fetchAll(`${bench.nginx_url}/disk.raw`, bench.nginx_pids);
    // The first round fills caches.
    if (round > 0) {
      ours.push(one);
      nginx.push(other);
    }
  }
  const [rate, peer] = [median(ours, 'rate') / 1e6, median(nginx, 'rate') / 1e6];
  const [cpu, peer_cpu] = [median(ours, 'cpu_s'), median(nginx, 'cpu_s')].map(
    (s) => (s * 1000) / (bytes / 1e9),
  );
  return [
    {
      measure: `${what} to ${CLIENTS} clients`,
      value: rate,
      unit: 'MB/s',
      peer: 'nginx',
      peer_value: peer,
      ratio: rate / peer,
    },
    {
      ...{ measure: `${what}, against the goal`, value: rate / peer, unit: 'of nginx' },
      ...{ peer: 'the goal', peer_value: NGINX_GOAL, ratio: rate / peer / NGINX_GOAL },
    },
    {
      ...{ measure: `${what}, CPU of the server`, value: cpu ?? Number.NaN, unit: 'ms/GB', peer: 'nginx' },
      ...{ peer_value: peer_cpu ?? Number.NaN, ratio: (peer_cpu ?? Number.NaN) / (cpu ?? Number.NaN) },
    },
  ];
}

/** One client: its files come over one connection. */
async function curl(url: string, args: readonly string[]): Promise<void> {
  const files = Array.from({ length: FILES }, () => ['-o', '/dev/null', url]).flat();
  const { code, stderr } = await runProgram({ command: 'curl', args: ['-sS', '--fail', ...args, ...files] });
  if (code !== 0) throw new Error(`curl ${url} ended with ${code}: ${stderr}`);
}

/** Bytes that no file system and no network make smaller. */
async function writeImage(path: string): Promise<void> {
  await using file = await open(path, 'w');
  const chunk = randomBytes(1024 * 1024);
  for (let written = 0; written < FILE_BYTES; written += chunk.length) await file.write(chunk);
}

function median(samples: readonly Sample[], field: keyof Sample): number {
  const sorted = samples.map((sample) => sample[field]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Runs `work` for 0 to `count` - 1, sixteen at once. */
async function times(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let n = next++; n < count; n = next++) await work(n);
    }),
  );
}
