import type { Clock } from '../../lifecycle/clock.ts';

/** What runs longer than that waits for hardware that is silent, and gives its place to others. */
const LONGEST_PATIENCE_MS = 1000;
const SHORTEST_PATIENCE_MS = 100;
/** Before that, what runs so many times longer than the others took. When all is slow, nobody gives way sooner for it. */
const TIMES_THE_OTHERS = 4;
/** The weight of the newest one in how long the others took. */
const NEWEST = 1 / 16;
/** A look at the clock may be so late: what ends looks too, and a timer for each of these would cost more than the work. */
const LATENESS_MS = 50;
/** How many times `limit` may run for all that. */
const MOST_SLOW = 16;

interface Running {
  start_ms: number;
}

interface Look {
  due_ms: number;
  cut: AbortController;
}

/**
 * Runs `work` on every item, at most `limit` at once. What takes several times as long as the others does not count: dead BMCs
 * must not hold them up. @throws what `work` threw first, after all have ended
 */
export async function eachOf<T>(
  items: AsyncIterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
  clock: Clock,
): Promise<void> {
  /** In the order of their start. */
  const counted = new Set<Running>();
  const slow = new Set<Running>();
  let failure: { error: unknown } | null = null;
  let wake: (() => void) | null = null;
  let look = null as Look | null;
  /** How long one took, smoothed. */
  let took_ms: number | null = null;

  /** One look at the clock at a time, however often there is somebody to wait for: the soonest. */
  function lookAt(due_ms: number): void {
    if (look !== null && look.due_ms <= due_ms + LATENESS_MS) return;
    look?.cut.abort();
    const mine = { due_ms, cut: new AbortController() };
    look = mine;
    const arrive = (): void => {
      if (look === mine) look = null;
      wake?.();
    };
    clock.sleep(Math.ceil(due_ms - clock.monotonic()), mine.cut.signal).then(arrive, () => undefined);
  }

  function patienceMs(): number {
    if (took_ms === null) return LONGEST_PATIENCE_MS;
    return Math.min(LONGEST_PATIENCE_MS, Math.max(SHORTEST_PATIENCE_MS, TIMES_THE_OTHERS * took_ms));
  }

  function passSlow(): void {
    const now_ms = clock.monotonic();
    const patience_ms = patienceMs();
    for (const one of counted) {
      const due_ms = one.start_ms + patience_ms;
      if (due_ms > now_ms) {
        lookAt(due_ms);
        return;
      }
      if (slow.size >= MOST_SLOW * limit) return;
      counted.delete(one);
      slow.add(one);
    }
  }

  async function run(item: T): Promise<void> {
    const one = { start_ms: clock.monotonic() };
    counted.add(one);
    try {
      await work(item);
    } catch (error) {
      failure ??= { error };
    }
    // Those that gave way count, too: else a process that is overloaded would take all for silent, and start ever more at once.
    const ms = Math.min(LONGEST_PATIENCE_MS, clock.monotonic() - one.start_ms);
    took_ms = took_ms === null ? ms : took_ms + (ms - took_ms) * NEWEST;
    counted.delete(one);
    slow.delete(one);
    wake?.();
  }

  async function oneEnds(): Promise<void> {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
    wake = null;
  }

  try {
    for await (const item of items) {
      void run(item);
      while (counted.size >= limit) {
        passSlow();
        if (counted.size < limit) break;
        await oneEnds();
      }
    }
    while (counted.size + slow.size > 0) await oneEnds();
  } finally {
    look?.cut.abort();
  }
  if (failure !== null) throw (failure as { error: unknown }).error;
}
