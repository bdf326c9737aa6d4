import type { Clock } from '../../lifecycle/clock.ts';

/** Handlers that run. */
export class InFlight {
  readonly #running = new Set<Promise<void>>();

  get count(): number {
    return this.#running.size;
  }

  /** Counts `work` until it ends. `work` must not reject. */
  add(work: Promise<void>): void {
    this.#running.add(work);
    void work.then(() => this.#running.delete(work));
  }

  /** Resolves when all have ended, or after `within_ms`. */
  async settle(clock: Clock, within_ms: number): Promise<void> {
    if (this.#running.size === 0) return;
    await within(clock, within_ms, Promise.all(this.#running));
  }
}

/** Why a wait is cut short; nobody is told. */
const SETTLED = new Error('It has settled.');

/** Resolves with true when `work` settles within the time, else with false. Leaves no timer behind. */
export async function within(clock: Clock, within_ms: number, work: Promise<unknown>): Promise<boolean> {
  const done = new AbortController();
  const settled = work.then(
    () => true,
    () => true,
  );
  const late = clock.sleep(within_ms, done.signal).then(
    () => false,
    () => false,
  );
  const result = await Promise.race([settled, late]);
  done.abort(SETTLED);
  return result;
}
