import type { Clock } from '../lifecycle/clock.ts';
import { type Bus, JOB_ENDED_TOPIC } from './bus/bus.ts';
import type { JobEnds } from './requests/call.ts';

/** Hears on the bus which jobs ended. A message that is lost costs its waiter the rest of its time, nothing else. */
export async function createJobEnds(bus: Bus, clock: Clock): Promise<JobEnds & AsyncDisposable> {
  const waiters = new Map<number, Set<() => void>>();
  /** Ends heard before their waiter came; bounded. */
  const early: number[] = [];
  const subscription = await bus.subscribe(JOB_ENDED_TOPIC, async ({ job_id }) => {
    if (typeof job_id !== 'number') return;
    const waiting = waiters.get(job_id);
    if (waiting === undefined) {
      early.push(job_id);
      if (early.length > EARLY_LIMIT) early.shift();
    }
    for (const wake of waiting ?? []) wake();
  });
  return {
    ended: async (job_id, ms) => {
      const at = early.indexOf(job_id);
      if (at >= 0) {
        early.splice(at, 1);
        return;
      }
      const over = new AbortController();
      const waiting = waiters.get(job_id) ?? new Set<() => void>();
      waiters.set(job_id, waiting);
      const wake = () => over.abort();
      waiting.add(wake);
      try {
        await clock.sleep(ms, over.signal).catch(() => {});
      } finally {
        waiting.delete(wake);
        if (waiting.size === 0) waiters.delete(job_id);
      }
    },
    [Symbol.asyncDispose]: () => subscription[Symbol.asyncDispose](),
  };
}

const EARLY_LIMIT = 1000;
