import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { eachOf } from '../conductor/periodic/each-of.ts';
import { systemClock } from '../config/system-clock.ts';
import { createIpmiDriver, type IpmiDriver } from '../drivers/ipmi/driver.ts';
import type { IpmiInfo } from '../drivers/ipmi/driver-info.ts';
import { addressAfter } from '../rack/address-after.ts';
import type { FromStandIns, ToStandIns } from './ipmi-stand-ins.ts';

export const BMCS = 10_000;
const PROCESSES = 2;
const FIRST_ADDRESS = '127.16.0.1';
const PORT = 6230;
/** Asked at once: what more would only wait in the sockets' buffers, or be lost there. */
const AT_ONCE = 256;
const TIMEOUT_MS = 30_000;

export interface Round {
  /** Until the last answer. */
  wall_s: number;
  /** Of the asking process, until the last answer. */
  cpu_s: number;
  /** Of all the stand-ins, until all was over. */
  stand_ins_s: number;
  /** BMCs that answered. */
  answered: number;
}

interface Target {
  address: string;
  password: string;
}

/** The stand-ins, and one driver at a time that asks them as the power synchronisation does. */
export interface AskedRack extends Disposable {
  /** @param timeout_ms for one BMC. Default 30 s */
  ask(driver: IpmiDriver, state: ToStandIns, timeout_ms?: number): Promise<Round>;
}

export async function startAskedRack(): Promise<AskedRack> {
  const children = Array.from({ length: PROCESSES }, (_, at) => startChild(at));
  const end = (): void => {
    for (const child of children) child.disconnect();
  };
  try {
    const passwords = await Promise.all(children.map(told));
    const targets = Array.from({ length: BMCS }, (_, at) => {
      const ready = passwords[Math.floor((at * PROCESSES) / BMCS)];
      if (ready === undefined || !('ready' in ready)) throw new Error('The stand-ins are not ready.');
      return { address: addressAfter(FIRST_ADDRESS, at), password: ready.ready.password };
    });
    return {
      ask: (driver, state, timeout_ms = TIMEOUT_MS) => askAll(driver, targets, children, state, timeout_ms),
      [Symbol.dispose]: end,
    };
  } catch (error) {
    end();
    throw error;
  }
}

/** With Node's own flags, not those of the process that asks: they stand for hardware. */
function startChild(at: number): ChildProcess {
  const count = BMCS / PROCESSES;
  const file = fileURLToPath(new URL('./ipmi-stand-ins.js', import.meta.url));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MALLOC_')));
  const args = [String(count), addressAfter(FIRST_ADDRESS, at * count), String(PORT)];
  return fork(file, args, { env, execArgv: [] });
}

/** @param session_idle_timeout 0: a whole session for each question; else the first question's session is kept */
export function driverOf(session_idle_timeout: number): IpmiDriver {
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
  timeout_ms: number,
): Promise<Round> {
  const call = { timeout_ms };
  const stand_ins_before_s = await tell(children, state);
  const cpu_before = process.cpuUsage();
  const start_ms = performance.now();
  let answered = 0;
  let last = { ms: start_ms, cpu: process.cpuUsage(cpu_before) };
  // As the power synchronisation does it.
  const work = async (target: Target): Promise<void> => {
    await using connection = await driver.connect(infoOf(driver, target), call);
    const read = () => connection.power.get(call).catch((error: Error) => error.message);
    let power = await read();
    // One in a hundred thousand loses all five datagrams in a row; the synchronisation would ask it next time.
    if (power !== 'power off' && state.drop > 0) power = await read();
    // A fast wrong answer is no measurement: all are off, and each has to say so.
    if (power !== 'power off') return;
    answered += 1;
    if (answered === living) last = { ms: performance.now(), cpu: process.cpuUsage(cpu_before) };
  };
  const per_process = BMCS / PROCESSES;
  const dead = state.dead_every === 0 ? 0 : PROCESSES * Math.ceil(per_process / state.dead_every);
  const living = BMCS - dead;
  await eachOf(Readable.from(targets), AT_ONCE, work, systemClock);
  if (answered !== living) throw new Error(`${answered} of ${living} BMCs told their power state.`);
  return {
    wall_s: (last.ms - start_ms) / 1000,
    cpu_s: (last.cpu.user + last.cpu.system) / 1e6,
    stand_ins_s: (await tell(children, state)) - stand_ins_before_s,
    answered,
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
