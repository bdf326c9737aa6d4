import type { Clock } from '../../../../lifecycle/clock.ts';

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  advance(seconds: number): void;
}

export function manualClock(start_ms: number = Date.parse('2026-01-02T03:04:05Z')): ManualClock {
  let elapsed_ms = 0;
  return {
    now: () => start_ms + elapsed_ms,
    monotonic: () => elapsed_ms,
    sleep: () => Promise.reject(new Error('Nothing here may sleep.')),
    advance(seconds) {
      elapsed_ms += seconds * 1000;
    },
  };
}
