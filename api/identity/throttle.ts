import type { Clock } from '../../lifecycle/clock.ts';
import { createBoundedMap } from '../openstack/auth/bounded-map.ts';

/** Slows guessing down: after some wrong passwords in a row an account waits, each time twice as long. */
export interface Throttle {
  /** Seconds that `who` must still wait; 0: may try now. */
  wait_s(who: string): number;
  failed(who: string): void;
  succeeded(who: string): void;
}

const MAX_ACCOUNTS = 10_000;

/**
 * @param attempts wrong passwords that cost no wait.
 * @param longest_s the longest wait. After it, one more try is free of waiting, and so on.
 */
export function createThrottle(options: { attempts: number; longest_s: number; clock: Clock }): Throttle {
  const { attempts, longest_s, clock } = options;
  const accounts = createBoundedMap<{ failures: number; free_at: number }>(MAX_ACCOUNTS);
  return {
    wait_s(who) {
      const left_ms = (accounts.get(who)?.free_at ?? 0) - clock.monotonic();
      return left_ms > 0 ? Math.ceil(left_ms / 1000) : 0;
    },
    failed(who) {
      const failures = (accounts.get(who)?.failures ?? 0) + 1;
      const over = failures - attempts;
      const wait_s = over < 0 ? 0 : Math.min(2 ** Math.min(over, 30), longest_s);
      accounts.set(who, { failures, free_at: wait_s === 0 ? 0 : clock.monotonic() + wait_s * 1000 });
    },
    succeeded(who) {
      accounts.delete(who);
    },
  };
}
