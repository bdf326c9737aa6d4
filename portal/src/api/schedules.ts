import { queryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';

export type RunState =
  | 'waiting'
  | 'claimed'
  | 'stopping'
  | 'working'
  | 'restoring'
  | 'done'
  | 'failed'
  | 'missed'
  | 'cancelled';

/** A time span in which work begins. ISO 8601. */
export interface Window {
  start: string;
  end: string;
}

export interface ScheduleLimits {
  at_once: number | null;
  per_rack: number | null;
  per_project: number | null;
}

export interface OsOff {
  wait_s: number;
  soft_s: number;
  hard: boolean;
}

/** A schedule as lists show it. Times are ISO 8601. */
export interface Schedule {
  uuid: string;
  name: string | null;
  project: string | null;
  side: 'customer' | 'provider';
  what: string;
  state: 'active' | 'done' | 'cancelled';
  servers: string[];
  cron: string | null;
  time_zone: string;
  window_s: number;
  os_off: OsOff | null;
  limits: ScheduleLimits;
  start_at: string | null;
  next_at: string | null;
  created_at: string;
}

export interface ScheduleDetail extends Schedule {
  windows: Window[];
  progress: Partial<Record<RunState, number>>;
  runs: {
    server_uuid: string;
    state: RunState;
    window_start: string;
    started_at: string | null;
    finished_at: string | null;
    last_error: string | null;
  }[];
}

/** What a schedule would be. */
export interface DryRun {
  dry_run: true;
  what: string;
  side: 'customer' | 'provider';
  servers: string[];
  windows: Window[];
}

export const SCHEDULES = '/lifecycle/v1/schedules';
/** No event tells of schedules: one that works, or soon will, is looked at often, others now and then. */
const LOOK_MS = 2000;
const LOOK_SELDOM_MS = 30_000;
const SOON_MS = 60_000;

export function scheduleDetail(uuid: string) {
  return queryOptions({
    queryKey: ['schedules', 'one', uuid],
    queryFn: ({ signal }) => ask<ScheduleDetail>(`${SCHEDULES}/${encodeURIComponent(uuid)}`, { signal }),
    refetchInterval: ({ state }) => (state.data === undefined ? false : pauseOf(state.data)),
  });
}

function pauseOf({ state, next_at, runs }: ScheduleDetail): number | false {
  const soon = next_at !== null && Date.parse(next_at) - Date.now() < SOON_MS;
  if (soon || runs.some(({ finished_at, state: run }) => finished_at === null && run !== 'missed'))
    return LOOK_MS;
  return state === 'active' ? LOOK_SELDOM_MS : false;
}

/** With `dry_run` in its body nothing is kept. @throws ApiError with the reason */
export async function makeSchedule<T extends ScheduleDetail | DryRun>(body: object): Promise<T> {
  return await ask<T>(SCHEDULES, { method: 'POST', body });
}

/** @throws ApiError 409 when it is over */
export async function cancelSchedule(uuid: string): Promise<ScheduleDetail> {
  return await ask<ScheduleDetail>(`${SCHEDULES}/${encodeURIComponent(uuid)}/cancel`, { method: 'POST' });
}
