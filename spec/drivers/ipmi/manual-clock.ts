import type { Clock } from '../../../lifecycle/clock.ts';

interface Sleeper {
  due_ms: number;
  wake(): void;
}

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  #now_ms = 1_000_000;
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return this.#now_ms;
  }

  monotonic(): number {
    return this.#now_ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        end();
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        due_ms: this.#now_ms + ms,
        wake: () => {
          end();
          resolve();
        },
      };
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      signal?.addEventListener('abort', abort, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** How many wait. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Moves on by `ms`, and lets those whose time has come go on. */
  async advance(ms: number): Promise<void> {
    this.#now_ms += ms;
    for (const sleeper of [...this.#sleepers]) if (sleeper.due_ms <= this.#now_ms) sleeper.wake();
    // What was woken sets its next deadline in promise callbacks, all of which run before the next immediate.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
