import type { Clock } from '../../lifecycle/clock.ts';

/** Something that happens at a time unless it is taken back. */
export interface Deadline {
  /** On the clock's monotonic scale. */
  due_ms: number;
  expire(): void;
}

/**
 * Many deadlines on one sleep of the clock. Setting one and taking it back, which is what happens to nearly all of
 * them, is an entry in a set: no timer each.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #waiting = new Set<Deadline>();
  #wake_ms = Number.POSITIVE_INFINITY;
  #interrupt: AbortController | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(deadline: Deadline): void {
    this.#waiting.add(deadline);
    if (deadline.due_ms >= this.#wake_ms) return;
    this.#interrupt?.abort();
    this.#sleepUntil(deadline.due_ms);
  }

  delete(deadline: Deadline): void {
    this.#waiting.delete(deadline);
  }

  /** Forgets all deadlines and leaves no timer. */
  clear(): void {
    this.#waiting.clear();
    this.#interrupt?.abort();
    this.#interrupt = null;
    this.#wake_ms = Number.POSITIVE_INFINITY;
  }

  #sleepUntil(wake_ms: number): void {
    const interrupt = new AbortController();
    this.#interrupt = interrupt;
    this.#wake_ms = wake_ms;
    // Whole milliseconds upwards: a timer that fires early would spin.
    const sleep_ms = Math.max(1, Math.ceil(wake_ms - this.#clock.monotonic()));
    this.#clock.sleep(sleep_ms, interrupt.signal).then(
      () => {
        if (this.#interrupt === interrupt) this.#wake();
      },
      () => undefined, // interrupted: another sleep has taken over, or nothing is waited for
    );
  }

  #wake(): void {
    this.#interrupt = null;
    this.#wake_ms = Number.POSITIVE_INFINITY;
    const now = this.#clock.monotonic();
    const due: Deadline[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const deadline of this.#waiting)
      if (deadline.due_ms <= now) due.push(deadline);
      else next = Math.min(next, deadline.due_ms);
    if (next < this.#wake_ms) this.#sleepUntil(next);
    for (const deadline of due) {
      // Another one's expiry may have taken it back, or set it anew.
      if (!this.#waiting.has(deadline) || deadline.due_ms > now) continue;
      this.#waiting.delete(deadline);
      deadline.expire();
    }
  }
}
