import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { systemClock } from '../config/system-clock.ts';
import { createIpmiDriver, type IpmiDriver } from '../drivers/ipmi/driver.ts';
import type { IpmiInfo } from '../drivers/ipmi/driver-info.ts';
import { type IpmiSim, startIpmiSim } from '../spec/services/ipmi-sim.ts';
import { costOf } from './ipmi-children.ts';

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
/** One that is not counted warms the code up: a conductor runs for months. Of the others the median counts. */
const OUR_ROUNDS = 9;
const IPMIPOWER_ROUNDS = 7;
const IPMITOOL_ROUNDS = 1;

interface Sample {
  wall_s: number;
  cpu_s: number;
}

interface Row {
  measure: string;
  value: number;
  unit: string;
  peer: string | null;
  peer_value: number | null;
  ratio: number | null;
}

export async function run(options: { json?: string }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-bench-ipmi-'));
  const sims: IpmiSim[] = [];
  try {
    for (let first = 1; first <= BMCS; first += 20) sims.push(...(await startSome(first, 20)));
    const wished = await Promise.all(sims.map((sim) => sim.power()));
    const ours = await measureOurs(sims, wished);
    const theirs = await measurePeers(sims, wished, folder);
    const rows = compare(ours, theirs);
    print(rows);
    if (options.json !== undefined) await writeFile(options.json, JSON.stringify({ bench: 'ipmi', rows }));
  } finally {
    await Promise.all(sims.map((sim) => sim[Symbol.asyncDispose]()));
    await rm(folder, { recursive: true, force: true });
  }
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

interface Ours {
  whole: Sample;
  kept: Sample;
}

async function measureOurs(sims: readonly IpmiSim[], wished: readonly string[]): Promise<Ours> {
  const whole_driver = createDriver(0);
  const kept_driver = createDriver(45);
  try {
    const whole = await measureDriver(whole_driver, sims, wished);
    const kept = await measureDriver(kept_driver, sims, wished);
    return { whole, kept };
  } finally {
    await whole_driver[Symbol.asyncDispose]();
    await kept_driver[Symbol.asyncDispose]();
  }
}

function createDriver(session_idle_timeout: number): IpmiDriver {
  const silent = (): void => undefined;
  return createIpmiDriver(
    { clock: systemClock, log: { debug: silent, info: silent, warn: silent } },
    {
      command_timeout: 1000,
      command_retries: 4,
      min_command_interval: 0,
      cipher_suite_versions: ['17', '3'],
      session_idle_timeout,
      max_sessions: 20_000,
    },
  );
}

/** With an idle time the first, uncounted round opens the sessions that the others use. */
async function measureDriver(
  driver: IpmiDriver,
  sims: readonly IpmiSim[],
  wished: readonly string[],
): Promise<Sample> {
  const infos = sims.map((sim) => infoOf(driver, sim));
  const samples: Sample[] = [];
  for (let round = 0; round <= OUR_ROUNDS; round++) {
    const cpu_before = process.cpuUsage();
    const start_ms = performance.now();
    const states = await Promise.all(infos.map((info) => readPower(driver, info)));
    const wall_s = (performance.now() - start_ms) / 1000;
    const { user, system } = process.cpuUsage(cpu_before);
    check('the driver', states, wished);
    if (round > 0) samples.push({ wall_s, cpu_s: (user + system) / 1e6 });
  }
  return median(samples);
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

interface Peers {
  ipmitool: Sample;
  ipmitool_emptied: Sample;
  ipmipower: Sample;
}

async function measurePeers(
  sims: readonly IpmiSim[],
  wished: readonly string[],
  folder: string,
): Promise<Peers> {
  // ipmitool prefers the user's vendor-number file to the system's: a home with a tiny one does what emptying that does.
  const vendors = join(folder, '.local/usr/share/misc');
  await mkdir(vendors, { recursive: true });
  await writeFile(join(vendors, 'enterprise-numbers.txt'), '0\n  Reserved\n    IANA\n      iana&iana.org\n');
  return {
    ipmitool: await rounds(IPMITOOL_ROUNDS, () => runIpmitool(sims, wished, process.env.HOME ?? '/')),
    ipmitool_emptied: await rounds(IPMITOOL_ROUNDS, () => runIpmitool(sims, wished, folder)),
    ipmipower: await runIpmipower(sims, wished, folder),
  };
}

async function runIpmitool(
  sims: readonly IpmiSim[],
  wished: readonly string[],
  home: string,
): Promise<Sample> {
  const { username, password } = simAt(sims, 0);
  const lan = ['-I', 'lanplus', '-C', String(CIPHER_SUITE), '-p', String(PORT), '-U', username, '-E'];
  // xargs starts them with less ado than we could; the address is the last argument of each.
  const tool = ['ipmitool', ...lan, 'chassis', 'power', 'status', '-H'];
  const env = { ...process.env, HOME: home, IPMITOOL_PASSWORD: password };
  const addresses = sims.map((sim) => sim.address).join('\n');
  const cost = await costOf('xargs', ['-P', String(IPMITOOL_AT_ONCE), '-n', '1', ...tool], env, addresses);
  const states = [...cost.stdout.matchAll(/Chassis Power is (on|off)/g)].map(([, state]) => state ?? '');
  check('ipmitool', states.sort(), [...wished].sort());
  return cost;
}

async function runIpmipower(
  sims: readonly IpmiSim[],
  wished: readonly string[],
  folder: string,
): Promise<Sample> {
  const { username, password } = simAt(sims, 0);
  const config = join(folder, 'freeipmi.conf');
  await writeFile(config, `username ${username}\npassword ${password}\n`, { mode: 0o600 });
  const hosts = `${NETWORK}.[1-${BMCS}]${PORT === 623 ? '' : `:${PORT}`}`;
  const args = ['--config-file', config, '-D', 'LAN_2_0', '-I', String(CIPHER_SUITE), '-h', hosts, '--stat'];
  return rounds(IPMIPOWER_ROUNDS, async () => {
    // ipmi_sim's answer to open session needs the workaround.
    const cost = await costOf('ipmipower', [...args, '-W', 'opensesspriv'], process.env);
    const told = new Map(
      [...cost.stdout.matchAll(/^([\d.]+)(?::\d+)?: (on|off)$/gm)].map(([, host, state]) => [host, state]),
    );
    check(
      'ipmipower',
      sims.map((sim) => told.get(sim.address) ?? 'nothing'),
      wished,
    );
    return cost;
  });
}

async function rounds(count: number, measure: () => Promise<Sample>): Promise<Sample> {
  const samples: Sample[] = [];
  for (let round = 0; round < count; round++) samples.push(await measure());
  return median(samples);
}

/** A fast wrong answer is no measurement. */
function check(who: string, states: readonly string[], wished: readonly string[]): void {
  const wrong =
    wished.filter((state, i) => states[i] !== state).length + Math.abs(states.length - wished.length);
  if (wrong > 0) throw new Error(`${who} told ${wrong} of ${wished.length} power states wrong.`);
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

const PEER_NAMES = {
  ipmitool: `ipmitool, ${IPMITOOL_AT_ONCE} at once`,
  ipmitool_emptied: `ipmitool, ${IPMITOOL_AT_ONCE} at once, vendor file emptied`,
  ipmipower: 'ipmipower, one process',
} as const satisfies Record<keyof Peers, string>;

function compare(ours: Ours, peers: Peers): Row[] {
  const rows: Row[] = [];
  for (const [session, sample] of [
    ['whole sessions', ours.whole],
    ['kept sessions', ours.kept],
  ] as const)
    for (const peer of ['ipmitool', 'ipmitool_emptied', 'ipmipower'] as const)
      for (const [kind, key] of [
        ['wall', 'wall_s'],
        ['client CPU', 'cpu_s'],
      ] as const)
        rows.push({
          measure: `power status of ${BMCS}, ${session}, ${kind}`,
          value: round(sample[key]),
          unit: 's',
          peer: PEER_NAMES[peer],
          peer_value: round(peers[peer][key]),
          ratio: Math.round((peers[peer][key] / sample[key]) * 100) / 100,
        });
  return rows;
}

function round(seconds: number): number {
  return Math.round(seconds * 1e5) / 1e5;
}

function print(rows: readonly Row[]): void {
  const cells = [
    ['measure', 'ours (s)', 'peer', 'peer (s)', 'ours is better by'],
    ...rows.map(({ measure, value, peer, peer_value, ratio }) => [
      measure,
      value.toFixed(4),
      peer ?? '',
      peer_value?.toFixed(4) ?? '',
      ratio === null ? '' : `${ratio.toFixed(1)} x`,
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const row of cells) console.log(row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '));
}
