import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FasterTime } from '../../db/faster-now.ts';
import type { Clock } from '../../lifecycle/clock.ts';

/** The machine's clock, sped up as the store's is. */
export function fasterClock({ rate, since_ms }: FasterTime): Clock {
  return {
    now: () => since_ms + (Date.now() - since_ms) * rate,
    monotonic: () => performance.now() * rate,
    sleep: async (ms, signal) => {
      await sleep(ms / rate, undefined, signal === undefined ? {} : { signal });
    },
  };
}
