import type { New } from '../../db/store.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { EpochMs } from '../../lifecycle/records.ts';
import type { ScheduleRecord } from '../../lifecycle/schedules.ts';
import { jobQueue } from '../bus/bus.ts';
import { nextWindow, nextWindows, type Timing } from '../schedules/windows.ts';
import { audit } from './audit.ts';
import type { RequestDeps } from './reserve.ts';

export type NewSchedule = New<ScheduleRecord> &
  Timing &
  Pick<ScheduleRecord, 'window_s' | 'servers' | 'what'>;

/** The windows that a schedule would have from now on: see ConductorClient.scheduleWindows. */
export async function scheduleWindows(
  { store }: Pick<RequestDeps, 'store'>,
  wanted: Timing & Pick<ScheduleRecord, 'window_s'>,
  count: number,
): Promise<{ start: EpochMs; end: EpochMs }[]> {
  const length_ms = wanted.window_s * 1000;
  const starts = nextWindows(wanted, await earliest({ store }, wanted), count);
  return starts.map((start) => ({ start, end: start + length_ms }));
}

/** A window that has begun may still be used. */
async function earliest(
  { store }: Pick<RequestDeps, 'store'>,
  { cron, window_s }: Timing & Pick<ScheduleRecord, 'window_s'>,
): Promise<EpochMs> {
  const now = await store.now();
  return cron === null ? now - window_s * 1000 : now;
}

/** Records a schedule and the job that carries it out: see ConductorClient.createSchedule. */
export async function createSchedule(
  deps: RequestDeps,
  wanted: NewSchedule,
  caller: Caller,
): Promise<ScheduleRecord> {
  const next_at = nextWindow(wanted, await earliest(deps, wanted));
  if (next_at === null)
    throw serviceError('InvalidParameterValue', { why: 'The schedule has no window to come.' });
  const conductor_group = await deps.placement.anyGroup();
  const { user_id: user, request_id } = caller;
  const { schedule, job } = await deps.store.transaction(async (tables) => {
    const schedule = await tables.schedules.create({ ...wanted, user, request_id, next_at });
    const job = await tables.jobs.insert({
      kind: 'schedule',
      ...{ node_uuid: null, conductor_group, exclusive: false, run_at: next_at },
      ...{ args: { schedule_uuid: schedule.uuid }, request_id, user, project: caller.project_id },
    });
    const detail = { uuid: schedule.uuid, what: wanted.what, servers: wanted.servers.length };
    await audit(tables, deps.settings, null, caller, { action: 'schedule-create', detail });
    return { schedule, job };
  });
  await deps.bus.send(jobQueue(conductor_group), { job_id: job.id });
  return schedule;
}
