import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../config/system-clock.ts';
import type { Driver } from '../drivers/contract.ts';
import { createRedfishDriver } from '../drivers/redfish/driver.ts';
import type { RedfishInfo } from '../drivers/redfish/driver-info.ts';
import type { FromStandIns } from './redfish-stand-ins.ts';
import type { BenchRow } from './report.ts';

/**
 * The power state of 1,000 Redfish BMCs over TLS, asked by one driver, 64 at once; the BMCs are one other process on the same
 * cores. The first round logs in at each; the later ones find its session kept.
 */
const BMCS = 1000;
/** A process that starts a thousand TLS handshakes at once only makes each of them slower. */
const AT_ONCE = 64;
const ROUNDS = 5;
const CALL = { timeout_ms: 60_000 };
const GOAL_S = 15;

export async function measureRedfish(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-bench-redfish-'));
  const child = fork(fileURLToPath(new URL('./redfish-stand-ins.js', import.meta.url)), [String(BMCS)]);
  const silent = (): void => undefined;
  const driver = createRedfishDriver(
    { clock: systemClock, log: { debug: silent, info: silent, warn: silent } },
    { connection_attempts: 3, connection_retry_interval: 1, auth_type: 'session', session_idle_timeout: 300 },
  );
  try {
    const ready = await told(child, 'ready');
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, ready.ca);
    const infos = ready.servers.map((info) => infoOf(driver, { ...info, redfish_verify_ca: ca }));
    const first_s = await askAll(driver, infos);
    const kept_s: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) kept_s.push(await askAll(driver, infos));
    child.send('what have you seen?');
    const seen = await told(child, 'seen');
    return [
      row('first round: TLS, a login, the power state', first_s, 's', GOAL_S),
      row('later rounds, sessions kept, median', median(kept_s), 's', GOAL_S),
      row('most sessions at one BMC', seen.most_sessions, 'sessions', 1),
      row('most requests at once at one BMC', seen.most_at_once, 'requests', 1),
      row('logins per BMC', seen.logins / BMCS, 'logins', 1),
      row('memory of the asking process', process.memoryUsage().rss / 1024 ** 2, 'MiB', null),
    ];
  } finally {
    await driver[Symbol.asyncDispose]();
    child.disconnect();
    await rm(folder, { recursive: true, force: true });
  }
}

async function askAll(driver: Driver<RedfishInfo>, infos: readonly RedfishInfo[]): Promise<number> {
  const start_ms = performance.now();
  const left = [...infos];
  const states: string[] = [];
  const worker = async (): Promise<void> => {
    for (let info = left.pop(); info !== undefined; info = left.pop()) {
      await using connection = await driver.connect(info, CALL);
      states.push(await connection.power.get(CALL).catch((error: Error) => error.message));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const wall_s = (performance.now() - start_ms) / 1000;
  // A fast wrong answer is no measurement: all are off, and each has to say so.
  const wrong = states.filter((state) => state !== 'power off');
  if (wrong.length > 0)
    throw new Error(`${wrong.length} of ${infos.length} BMCs failed, one of them so: ${wrong[0]}`);
  return wall_s;
}

function infoOf(driver: Driver<RedfishInfo>, driver_info: Record<string, string>): RedfishInfo {
  const parsed = driver.parse(driver_info);
  if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
  return parsed.info;
}

async function told<K extends 'ready' | 'seen'>(
  child: ChildProcess,
  what: K,
): Promise<Extract<FromStandIns, Record<K, unknown>>[K]> {
  return await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The stand-ins ended with ${code}.`)));
    child.once('message', (message: FromStandIns) => {
      if (what in message) resolve((message as Extract<FromStandIns, Record<K, unknown>>)[what]);
      else reject(new Error(`The stand-ins told something else than ${what}.`));
    });
  });
}

function row(measure: string, value: number, unit: string, goal: number | null): BenchRow {
  return {
    measure: `${BMCS} Redfish BMCs, ${measure}`,
    ...{ value: Math.round(value * 1000) / 1000, unit },
    ...{ peer: goal === null ? null : 'the goal', peer_value: goal },
    ratio: goal === null || value === 0 ? null : Math.round((goal / value) * 100) / 100,
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
