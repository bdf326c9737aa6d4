import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { performance } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { eachOf } from '../conductor/periodic/each-of.ts';
import { systemClock } from '../config/system-clock.ts';
import { createIpmiDriver, type IpmiDriver } from '../drivers/ipmi/driver.ts';
import type { IpmiInfo } from '../drivers/ipmi/driver-info.ts';
import { addressAfter } from '../rack/address-after.ts';
import type { FromStandIns, ToStandIns } from './ipmi-stand-ins.ts';
import type { BenchRow } from './report.ts';

/**
 * The power state of 10,000 IPMI BMCs, asked by one driver as the power synchronisation does; the BMCs are stand-ins in two other
 * processes on the same cores, each with an address of its own. Cipher suite 17: RAKP-HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128.
 */
const BMCS = 10_000;
const PROCESSES = 2;
const FIRST_ADDRESS = '127.16.0.1';
const PORT = 6230;
/** Asked at once: what more would only wait in the sockets' buffers, or be lost there. */
const AT_ONCE = 256;
const ROUNDS = 5;
const CALL = { timeout_ms: 30_000 };
const LOSS = 0.05;
const DEAD_EVERY = 20;
const HEALTHY: ToStandIns = { drop: 0, dead_every: 0 };

interface Target {
  address: string;
  password: string;
}

interface Round {
  /** Until the last answer. */
  wall_s: number;
  /** Of the asking process. */
  cpu_s: number;
  /** Of all the stand-ins. */
  stand_ins_s: number;
}

export async function measureIpmi(): Promise<BenchRow[]> {
  const children = Array.from({ length: PROCESSES }, (_, at) => startChild(at));
  try {
    const passwords = await Promise.all(children.map(told));
    const targets = Array.from({ length: BMCS }, (_, at) => {
      const ready = passwords[Math.floor((at * PROCESSES) / BMCS)];
      if (ready === undefined || !('ready' in ready)) throw new Error('The stand-ins are not ready.');
      return { address: addressAfter(FIRST_ADDRESS, at), password: ready.ready.password };
    });
    const load = loadavg()[0] ?? 0;
    const ask = (driver: IpmiDriver, state: ToStandIns) => askAll(driver, targets, children, state);
    const lossy_state = { drop: LOSS, dead_every: 0 };
    const kept_driver = driverOf(600);
    const opening = await ask(kept_driver, HEALTHY);
    const kept = await rounds(() => ask(kept_driver, HEALTHY));
    const lossy_kept = await ask(kept_driver, lossy_state);
    const kept_mib = peakMib();
    await ask(kept_driver, HEALTHY);
    await kept_driver[Symbol.asyncDispose]();
    await using whole_driver = driverOf(0);
    const whole = await rounds(() => ask(whole_driver, HEALTHY));
    const lossy = await ask(whole_driver, lossy_state);
    const dead = await ask(whole_driver, { drop: 0, dead_every: DEAD_EVERY });
    await ask(whole_driver, HEALTHY);
    const share = `${LOSS * 100} %`;
    return [
      ...rows('sessions opened and kept, first round of the process', opening, null),
      ...rows(`whole sessions, median of ${ROUNDS}`, whole, 5),
      ...rows(`sessions kept, median of ${ROUNDS}`, kept, 2),
      ...rows(`sessions kept, ${share} of datagrams lost each way`, lossy_kept, 15),
      ...rows(`whole sessions, ${share} of datagrams lost each way`, lossy, 15),
      ...rows(`whole sessions, ${100 / DEAD_EVERY} % of BMCs dead: the others`, dead, null),
      row('memory of the asking process with its sessions kept, the most', kept_mib, 'MiB', 250),
      row('memory of the asking process, the most of all', peakMib(), 'MiB', null),
      row('load average of a minute, at the beginning', load, '', null),
    ];
  } finally {
    for (const child of children) child.disconnect();
  }
}

function startChild(at: number): ChildProcess {
  const count = BMCS / PROCESSES;
  const file = fileURLToPath(new URL('./ipmi-stand-ins.js', import.meta.url));
  return fork(file, [String(count), addressAfter(FIRST_ADDRESS, at * count), String(PORT)]);
}

/** @param session_idle_timeout 0: a whole session for each question; else the first question's session is kept */
function driverOf(session_idle_timeout: number): IpmiDriver {
  const silent = (): void => undefined;
  return createIpmiDriver(
    { clock: systemClock, log: { debug: silent, info: silent, warn: silent } },
    {
      command_timeout: 1000,
      command_retries: 4,
      min_command_interval: 0,
      cipher_suite_versions: ['17'],
      disable_boot_timeout: true,
      session_idle_timeout,
      max_sessions: 2 * BMCS,
    },
  );
}

async function askAll(
  driver: IpmiDriver,
  targets: readonly Target[],
  children: readonly ChildProcess[],
  state: ToStandIns,
): Promise<Round> {
  const stand_ins_before_s = await tell(children, state);
  const cpu_before = process.cpuUsage();
  const start_ms = performance.now();
  let answered = 0;
  let last_ms = start_ms;
  // As the power synchronisation does it.
  const work = async (target: Target): Promise<void> => {
    await using connection = await driver.connect(infoOf(driver, target), CALL);
    const read = () => connection.power.get(CALL).catch((error: Error) => error.message);
    let power = await read();
    // One in a hundred thousand loses all five datagrams in a row; the synchronisation would ask it next time.
    if (power !== 'power off' && state.drop > 0) power = await read();
    // A fast wrong answer is no measurement: all are off, and each has to say so.
    if (power !== 'power off') return;
    answered += 1;
    last_ms = performance.now();
  };
  await eachOf(Readable.from(targets), AT_ONCE, work, systemClock);
  const { user, system } = process.cpuUsage(cpu_before);
  const per_process = BMCS / PROCESSES;
  const dead = state.dead_every === 0 ? 0 : PROCESSES * Math.ceil(per_process / state.dead_every);
  if (answered !== BMCS - dead) throw new Error(`${answered} of ${BMCS - dead} BMCs told their power state.`);
  return {
    wall_s: (last_ms - start_ms) / 1000,
    cpu_s: (user + system) / 1e6,
    stand_ins_s: (await tell(children, state)) - stand_ins_before_s,
  };
}

function infoOf(driver: IpmiDriver, target: Target): IpmiInfo {
  const parsed = driver.parse({
    ipmi_address: target.address,
    ipmi_port: PORT,
    ipmi_username: 'admin',
    ipmi_password: target.password,
  });
  if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
  return parsed.info;
}

/** Tells the stand-ins what to be; resolves with the CPU seconds that they have used. */
async function tell(children: readonly ChildProcess[], state: ToStandIns): Promise<number> {
  const used = await Promise.all(
    children.map(async (child) => {
      const answer = told(child);
      child.send(state);
      const said = await answer;
      return 'cpu_s' in said ? said.cpu_s : Number.NaN;
    }),
  );
  return used.reduce((sum, one) => sum + one, 0);
}

async function told(child: ChildProcess): Promise<FromStandIns> {
  const ended = new AbortController();
  const died = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`The stand-ins ended with ${String(code)}.`);
  });
  try {
    const [message] = await Promise.race([once(child, 'message'), died]);
    return message as FromStandIns;
  } finally {
    died.catch(() => undefined);
    ended.abort();
  }
}

function rows(what: string, round: Round, goal_s: number | null): BenchRow[] {
  return [
    row(`${what}, wall`, round.wall_s, 's', goal_s),
    row(`${what}, CPU of the asking process`, round.cpu_s, 's', null),
    row(`${what}, CPU of the stand-ins`, round.stand_ins_s, 's', null),
  ];
}

function row(measure: string, value: number, unit: string, goal: number | null): BenchRow {
  return {
    measure: `${BMCS} IPMI BMCs, ${measure}`,
    ...{ value: Math.round(value * 1000) / 1000, unit },
    ...{ peer: goal === null ? null : 'the goal', peer_value: goal },
    ratio: goal === null || value === 0 ? null : Math.round((goal / value) * 100) / 100,
  };
}

/** The most resident memory that this process ever had. */
function peakMib(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** The middle one of some rounds, by the wall. */
async function rounds(ask: () => Promise<Round>): Promise<Round> {
  const all: Round[] = [];
  while (all.length < ROUNDS) all.push(await ask());
  const middle = all.sort((a, b) => a.wall_s - b.wall_s)[ROUNDS >> 1];
  if (middle === undefined) throw new Error('No round was run.');
  return middle;
}
