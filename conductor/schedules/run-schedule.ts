import type { JobRecord } from '../../lifecycle/job.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { OPEN_RUNS, type ScheduleRecord, type ScheduleRunRecord } from '../../lifecycle/schedules.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';
import { type Lease, LeaseLost } from '../lease.ts';
import type { OrderDeps } from '../orders/build.ts';
import type { RunResult } from '../runner.ts';
import { carryOn } from './run-server.ts';
import { nextWindow } from './windows.ts';

/** Between two looks at a window that is open. */
const PASS_MS = 1000;
/** The same while its servers all wait for their turn: the longer they have waited, the longer. */
const IDLE_PASS_MS = { least: 1000, of_waited: 0.25, most: 15_000 };

/**
 * Opens the windows of a schedule when their time comes, and carries each server's run on by one step per look. A run is one row per
 * server and window, and the work begins in the transaction that says so in the row: another conductor goes on where one died, and
 * nothing begins twice.
 */
export async function runSchedule(deps: OrderDeps, job: JobRecord, lease: Lease): Promise<RunResult> {
  const { store } = deps;
  try {
    const found = await store.schedules.get(String(job.args.schedule_uuid));
    if (found === null) return await end(deps, lease, null);
    const schedule = await openWindows(deps, found, lease);
    const where = { schedule_uuid: schedule.uuid, state: [...OPEN_RUNS] };
    const runs = await store.schedule_runs.list({ where });
    const { nodes, servers } = await readServers(deps, runs);
    let busy = false;
    for (const run of runs) {
      lease.checkHeld();
      const node = nodes.get(run.server_uuid) ?? null;
      const server = servers.get(run.server_uuid) ?? null;
      busy = (await carryOn({ deps, schedule, lease }, run, node, server)) || busy;
    }
    if ((await store.schedule_runs.count(where)) > 0)
      return await again(deps, lease, busy ? PASS_MS : idlePass_ms(runs, await store.now()));
    if (schedule.state !== 'active' || schedule.next_at === null) return await end(deps, lease, schedule);
    return await again(deps, lease, Math.max(0, schedule.next_at - (await store.now())));
  } catch (error) {
    if (!(error instanceof LeaseLost) && !lease.signal.aborted) throw error;
    return { state: 'left' };
  }
}

/** Not past the end of a window: what is missed is told then. */
function idlePass_ms(runs: readonly ScheduleRunRecord[], now: number): number {
  const { least, of_waited, most } = IDLE_PASS_MS;
  const waited = Math.max(0, ...runs.map(({ created_at }) => now - created_at));
  const left = Math.min(...runs.map(({ window_end }) => Math.max(0, window_end - now)));
  return Math.min(least + Math.min(most, waited * of_waited) * (0.5 + Math.random()), left + PASS_MS / 10);
}

/** Makes the runs of every window whose time has come; those of a window that is over already are missed. */
async function openWindows(deps: OrderDeps, found: ScheduleRecord, lease: Lease): Promise<ScheduleRecord> {
  const { store } = deps;
  let schedule = found;
  for (;;) {
    const now = await store.now();
    const start = schedule.next_at;
    if (schedule.state !== 'active' || start === null || start > now) return schedule;
    lease.checkHeld();
    const length_ms = schedule.window_s * 1000;
    const window_end = start + length_ms;
    const missed = window_end <= now;
    // Of many windows that nobody was there for the first is told as missed.
    const next_at = nextWindow(schedule, missed ? Math.max(start, now - length_ms) : start);
    const owners = await store.servers.list({
      where: { uuid: schedule.servers },
      fields: ['rack', 'lessee', 'owner'],
    });
    const of = new Map(owners.map((server) => [server.uuid, server]));
    schedule = await store.transaction(async (tables) => {
      const moved = await tables.schedules.update(schedule.uuid, { next_at }, { next_at: start });
      // Another conductor has opened it, or it was cancelled.
      if (moved === null) return (await tables.schedules.get(schedule.uuid)) ?? schedule;
      for (const server_uuid of schedule.servers) {
        const server = of.get(server_uuid);
        await tables.schedule_runs.create({
          ...{ schedule_uuid: schedule.uuid, server_uuid, window_start: start, window_end },
          rack: server?.rack ?? null,
          project: server?.lessee ?? server?.owner ?? null,
          ...(missed ? { state: 'missed', finished_at: now, last_error: MISSED } : {}),
        });
      }
      return moved;
    });
  }
}

const MISSED = 'No conductor worked while the window was open.';

async function readServers(
  { store }: OrderDeps,
  runs: readonly ScheduleRunRecord[],
): Promise<{ nodes: Map<string, NodeRecord>; servers: Map<string, ServerRecord> }> {
  const uuid = runs.map(({ server_uuid }) => server_uuid);
  if (uuid.length === 0) return { nodes: new Map(), servers: new Map() };
  const [nodes, servers] = await Promise.all([
    store.nodes.list({ where: { uuid }, include_children: true }),
    store.servers.list({ where: { uuid } }),
  ]);
  return {
    nodes: new Map(nodes.map((node) => [node.uuid, node])),
    servers: new Map(servers.map((server) => [server.uuid, server])),
  };
}

async function again({ store }: OrderDeps, lease: Lease, after_ms: number): Promise<RunResult> {
  const run_after_ms = Math.round(after_ms);
  if (!(await store.jobs.update(lease.claim, { state: 'queued', run_after_ms })))
    throw new LeaseLost('The job was taken over.');
  return { state: 'again', after_ms: run_after_ms };
}

async function end({ store }: OrderDeps, lease: Lease, schedule: ScheduleRecord | null): Promise<RunResult> {
  await store.transaction(async (tables) => {
    if (!(await tables.jobs.update(lease.claim, { state: 'done', result: null })))
      throw new LeaseLost('The job was taken over.');
    if (schedule !== null)
      await tables.schedules.update(schedule.uuid, { state: 'done' }, { state: 'active' });
  });
  return { state: 'ended', followed: false };
}
