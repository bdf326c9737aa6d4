import { queryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';
import type { ScheduleDetail, ScheduleTrial } from './types.ts';

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
export async function makeSchedule<T extends ScheduleDetail | ScheduleTrial>(body: object): Promise<T> {
  return await ask<T>(SCHEDULES, { method: 'POST', body });
}

/** @throws ApiError 409 when it is over */
export async function cancelSchedule(uuid: string): Promise<ScheduleDetail> {
  return await ask<ScheduleDetail>(`${SCHEDULES}/${encodeURIComponent(uuid)}/cancel`, { method: 'POST' });
}
