import type { Clock } from '../../lifecycle/clock.ts';

/** What runs longer waits for hardware that is silent, and gives its place to others. */
const PATIENCE_MS = 1000;
/** How many times `limit` may run for all that. */
const MOST_SLOW = 16;

/**
 * Runs `work` on every item, at most `limit` at once. What takes longer than a second does not count: dead BMCs must not
 * hold up the others. @throws what `work` threw first, after all have ended
 */
export async function eachOf<T>(
  items: AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
  clock: Clock,
): Promise<void> {
  /** In the order of their start, with its time. */
  const counted = new Map<Promise<void>, number>();
  const slow = new Set<Promise<void>>();
  const over = new AbortController();
  let failure: { error: unknown } | null = null;
  let wake: (() => void) | null = null;
  let watching = false;

  /** One look at the clock at a time, however often there is somebody to wait for. */
  function watch(wait_ms: number): void {
    if (watching) return;
    watching = true;
    const look = (): void => {
      watching = false;
      wake?.();
    };
    clock.sleep(wait_ms, over.signal).then(look, () => undefined);
  }

  function passSlow(): void {
    const now_ms = clock.monotonic();
    for (const [one, start_ms] of counted) {
      const left_ms = start_ms + PATIENCE_MS - now_ms;
      if (left_ms > 0) {
        watch(Math.ceil(left_ms));
        return;
      }
      if (slow.size >= MOST_SLOW * limit) return;
      counted.delete(one);
      slow.add(one);
    }
  }

  try {
    for await (const item of items) {
      const one = work(item)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => {
          counted.delete(one);
          slow.delete(one);
          wake?.();
        });
      counted.set(one, clock.monotonic());
      while (counted.size >= limit) {
        passSlow();
        if (counted.size < limit) break;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = null;
      }
    }
    await Promise.all([...counted.keys(), ...slow]);
  } finally {
    over.abort();
  }
  if (failure !== null) throw (failure as { error: unknown }).error;
}
