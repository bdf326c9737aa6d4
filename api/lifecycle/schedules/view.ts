import type { JsonObject } from '../../../lifecycle/json.ts';
import { redactUrls } from '../../../lifecycle/redact-urls.ts';
import type { ScheduleRecord, ScheduleRunRecord } from '../../../lifecycle/schedules.ts';
import { isoTime } from '../iso-time.ts';

/** A schedule as lists show it. What the work is made of is not shown: it may hold addresses with passwords. */
export function scheduleView(schedule: ScheduleRecord): JsonObject {
  const { uuid, name, project, user, side, what, state, servers, cron, time_zone, window_s } = schedule;
  const { os_off, limits, start_at, next_at, cancelled_at, created_at } = schedule;
  return {
    ...{ uuid, name, project, user, side, what, state, servers, cron, time_zone, window_s },
    ...{ limits: { ...limits }, os_off: os_off === null ? null : { ...os_off } },
    start_at: isoTime(start_at),
    next_at: isoTime(next_at),
    cancelled_at: isoTime(cancelled_at),
    created_at: isoTime(created_at),
  };
}

/** A schedule by itself: with its windows to come, and its latest runs. */
export function scheduleDetail(
  schedule: ScheduleRecord,
  runs: readonly ScheduleRunRecord[],
  windows: readonly { start: number; end: number }[],
): JsonObject {
  const progress: Record<string, number> = {};
  for (const { state } of runs) progress[state] = (progress[state] ?? 0) + 1;
  return { ...scheduleView(schedule), windows: windows.map(windowView), progress, runs: runs.map(runView) };
}

export function windowView({ start, end }: { start: number; end: number }): JsonObject {
  return { start: isoTime(start), end: isoTime(end) };
}

function runView(run: ScheduleRunRecord): JsonObject {
  const { server_uuid, state, last_error, window_start, window_end } = run;
  return {
    ...{ server_uuid, state },
    window_start: isoTime(window_start),
    window_end: isoTime(window_end),
    started_at: isoTime(run.started_at),
    finished_at: isoTime(run.finished_at),
    last_error: last_error === null ? null : redactUrls(last_error),
  };
}
