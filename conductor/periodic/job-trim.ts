import type { Periodic } from './periodic.ts';

const HOUR_S = 3600;
const DAY_MS = 86_400_000;
/** Calls are of no interest once their caller has the answer. */
const CALLS_KEPT_MS = 3_600_000;
const WORK_KEPT_MS = 30 * DAY_MS;
/** Longer than anything is told ahead, or it would be told again. */
const NOTICES_KEPT_MS = 400 * 86_400_000;
const RUNS_KEPT_MS = 90 * DAY_MS;
const BATCH = 1000;

/** Keeps the jobs of the last 30 days with their journals, the calls of the last hour, and the runs of schedules of 90 days. */
export const jobTrim: Periodic = {
  name: 'job-trim',
  interval_s: () => HOUR_S,
  start:
    ({ store, signal }) =>
    async () => {
      for (const what of [
        { older_than_ms: CALLS_KEPT_MS, kinds: ['call'] as const },
        { older_than_ms: WORK_KEPT_MS },
      ])
        while (!signal.aborted && (await store.jobs.trim({ ...what, batch: BATCH })) === BATCH);
      while (!signal.aborted && (await store.schedule_runs.trim(RUNS_KEPT_MS, BATCH)) === BATCH);
      while (!signal.aborted && (await store.notices.trim(NOTICES_KEPT_MS, BATCH)) === BATCH);
    },
};
