import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { systemClock } from '../config/system-clock.ts';
import { createIpmiDriver, type IpmiDriver } from '../drivers/ipmi/driver.ts';
import type { IpmiInfo } from '../drivers/ipmi/driver-info.ts';
import { type IpmiSim, startIpmiSim } from '../spec/services/ipmi-sim.ts';
import { costOf } from './ipmi-children.ts';
import { type BenchOptions, type BenchRow, report } from './report.ts';

/**
 * The power state of 200 BMCs, each an `ipmi_sim` process of its own: our driver with a whole session per BMC and with kept
 * sessions, against ipmitool (eight at once; with its vendor-number file and without) and freeipmi's ipmipower (one process
 * for all). CPU is the client's alone: the BMCs are other processes.
 */

const BMCS = 200;
/** Loopback addresses that no other test uses: 127.9.0.1 to 127.9.0.200. */
const NETWORK = '127.9.0';
/** The standard port where it may be had, as ipmipower's host ranges are used. */
const PORT = process.getuid?.() === 0 ? 623 : 6230;
const CIPHER_SUITE = 3;
const CALL = { timeout_ms: 30_000 };
const IPMITOOL_AT_ONCE = 8;
/** ours, ours with kept sessions and ipmipower by turns, so that what else the machine does meets them alike; the median counts. */
const ROUNDS = 9;

interface Sample {
  wall_s: number;
  cpu_s: number;
}

/** One way to ask all BMCs. */
interface Contestant extends AsyncDisposable {
  ask(): Promise<Sample>;
}

export async function run(options: BenchOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-bench-ipmi-'));
  const sims: IpmiSim[] = [];
  // Each child has a listener that ends it with this process.
  process.setMaxListeners(BMCS + 20);
  try {
    for (let first = 1; first <= BMCS; first += 20) sims.push(...(await startSome(first, 20)));
    const results = await measure(sims, folder);
    await report('ipmi', compare(results), options);
  } finally {
    await Promise.all(sims.map((sim) => sim[Symbol.asyncDispose]()));
    await rm(folder, { recursive: true, force: true });
  }
}

/** Seconds for all BMCs. */
interface Results {
  /** The first round of a process that just started: nothing is compiled yet. */
  first: Sample;
  whole: Sample;
  kept: Sample;
  ipmitool: Sample;
  ipmitool_emptied: Sample;
  ipmipower: Sample;
}

async function measure(sims: readonly IpmiSim[], folder: string): Promise<Results> {
  await using whole = ourDriver(sims, 0);
  await using kept = ourDriver(sims, 45);
  const askIpmipower = await ipmipower(sims, folder);
  // Not counted: the simulators' first session is slower than the others, whoever opens it.
  await askIpmipower();
  const first = await whole.ask();
  // Opens the sessions that are kept.
  await kept.ask();
  const samples: Record<'whole' | 'kept' | 'ipmipower', Sample[]> = { whole: [], kept: [], ipmipower: [] };
  for (let round = 0; round < ROUNDS; round++) {
    samples.whole.push(await whole.ask());
    samples.kept.push(await kept.ask());
    samples.ipmipower.push(await askIpmipower());
  }
  return {
    first,
    whole: median(samples.whole),
    kept: median(samples.kept),
    ipmipower: median(samples.ipmipower),
    ipmitool: await ipmitool(sims, process.env.HOME ?? '/'),
    ipmitool_emptied: await ipmitool(sims, await homeWithoutVendors(folder)),
  };
}

function startSome(first: number, count: number): Promise<IpmiSim[]> {
  return Promise.all(
    Array.from({ length: count }, (_, i) =>
      startIpmiSim({
        address: `${NETWORK}.${first + i}`,
        port: PORT,
        chassis: false,
      }),
    ),
  );
}

/** @param session_idle_timeout 0: a whole session for each question; else the first question's session is kept. */
function ourDriver(sims: readonly IpmiSim[], session_idle_timeout: number): Contestant {
  const silent = (): void => undefined;
  const driver = createIpmiDriver(
    { clock: systemClock, log: { debug: silent, info: silent, warn: silent } },
    {
      command_timeout: 1000,
      command_retries: 4,
      min_command_interval: 0,
      cipher_suite_versions: ['17', '3'],
      disable_boot_timeout: true,
      session_idle_timeout,
      max_sessions: 20_000,
    },
  );
  const infos = sims.map((sim) => infoOf(driver, sim));
  return {
    ask: async () => {
      const cpu_before = process.cpuUsage();
      const start_ms = performance.now();
      const states = await Promise.all(infos.map((info) => readPower(driver, info)));
      const wall_s = (performance.now() - start_ms) / 1000;
      const { user, system } = process.cpuUsage(cpu_before);
      check('the driver', states);
      return { wall_s, cpu_s: (user + system) / 1e6 };
    },
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  };
}

async function readPower(driver: IpmiDriver, info: IpmiInfo): Promise<string> {
  await using connection = await driver.connect(info, CALL);
  return (await connection.power.get(CALL)).replace('power ', '');
}

function infoOf(driver: IpmiDriver, sim: IpmiSim): IpmiInfo {
  const parsed = driver.parse({
    ipmi_address: sim.address,
    ipmi_port: sim.port,
    ipmi_username: sim.username,
    ipmi_password: sim.password,
    ipmi_cipher_suite: CIPHER_SUITE,
  });
  if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
  return parsed.info;
}

/** ipmitool prefers the user's vendor-number file to the system's: a home with a tiny one does what emptying that would. */
async function homeWithoutVendors(folder: string): Promise<string> {
  const vendors = join(folder, '.local/usr/share/misc');
  await mkdir(vendors, { recursive: true });
  await writeFile(join(vendors, 'enterprise-numbers.txt'), '0\n  Reserved\n    IANA\n      iana&iana.org\n');
  return folder;
}

async function ipmitool(sims: readonly IpmiSim[], home: string): Promise<Sample> {
  const { username, password } = simAt(sims, 0);
  const lan = ['-I', 'lanplus', '-C', String(CIPHER_SUITE), '-p', String(PORT), '-U', username, '-E'];
  // xargs starts them with less ado than we could; the address is the last argument of each.
  const tool = ['ipmitool', ...lan, 'chassis', 'power', 'status', '-H'];
  const env = { ...process.env, HOME: home, IPMITOOL_PASSWORD: password };
  const addresses = sims.map((sim) => sim.address).join('\n');
  const cost = await costOf('xargs', ['-P', String(IPMITOOL_AT_ONCE), '-n', '1', ...tool], env, addresses);
  check(
    'ipmitool',
    [...cost.stdout.matchAll(/Chassis Power is (on|off)/g)].map(([, state]) => state ?? ''),
  );
  return cost;
}

/** freeipmi asks all of them from one process. */
async function ipmipower(sims: readonly IpmiSim[], folder: string): Promise<() => Promise<Sample>> {
  const { username, password } = simAt(sims, 0);
  const config = join(folder, 'freeipmi.conf');
  await writeFile(config, `username ${username}\npassword ${password}\n`, { mode: 0o600 });
  const hosts = `${NETWORK}.[1-${BMCS}]${PORT === 623 ? '' : `:${PORT}`}`;
  // ipmi_sim's answer to open session needs the workaround.
  const lan = ['-D', 'LAN_2_0', '-I', String(CIPHER_SUITE), '-W', 'opensesspriv'];
  const args = ['--config-file', config, ...lan, '-h', hosts, '--stat'];
  return async () => {
    const cost = await costOf('ipmipower', args, process.env);
    check(
      'ipmipower',
      [...cost.stdout.matchAll(/^[\d.]+(?::\d+)?: (on|off)$/gm)].map(([, state]) => state ?? ''),
    );
    return cost;
  };
}

/** A fast wrong answer is no measurement: all are off, and each has to say so. */
function check(who: string, states: readonly string[]): void {
  const right = states.filter((state) => state === 'off').length;
  if (right !== BMCS) throw new Error(`${who} told the power state of ${right} of ${BMCS} BMCs.`);
}

function median(samples: readonly Sample[]): Sample {
  const middle = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  return {
    wall_s: middle(samples.map(({ wall_s }) => wall_s)),
    cpu_s: middle(samples.map(({ cpu_s }) => cpu_s)),
  };
}

function simAt(sims: readonly IpmiSim[], index: number): IpmiSim {
  const sim = sims[index];
  if (sim === undefined) throw new Error('No BMC was started.');
  return sim;
}

const OURS = [
  ['whole', 'whole sessions'],
  ['kept', 'kept sessions'],
  ['first', 'whole sessions, first round of the process'],
] as const;

const PEERS = [
  ['ipmitool', `ipmitool, ${IPMITOOL_AT_ONCE} at once`],
  ['ipmitool_emptied', `ipmitool, ${IPMITOOL_AT_ONCE} at once, vendor file emptied`],
  ['ipmipower', 'ipmipower, one process'],
] as const;

const COSTS = [
  ['wall_s', 'wall'],
  ['cpu_s', 'client CPU'],
] as const;

function compare(results: Results): BenchRow[] {
  const rows: BenchRow[] = [];
  for (const [ours, session] of OURS)
    for (const [their, peer] of PEERS)
      for (const [cost, kind] of COSTS) {
        const value = results[ours][cost];
        const peer_value = results[their][cost];
        rows.push({
          measure: `power status of ${BMCS}, ${session}, ${kind}`,
          value: round(value),
          unit: 's',
          peer,
          peer_value: round(peer_value),
          ratio: Math.round((peer_value / value) * 100) / 100,
        });
      }
  return rows;
}

function round(seconds: number): number {
  return Math.round(seconds * 1e5) / 1e5;
}
