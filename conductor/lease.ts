import type { Claim } from '../db/store.ts';
import type { Clock } from '../lifecycle/clock.ts';

/** The claim was lost: another conductor may have taken the job. Whoever sees it stops without a trace. */
export class LeaseLost extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'LeaseLost';
  }
}

/**
 * A claim as its worker sees it. It ends by itself on the monotonic clock, which runs on while the process is paused: a
 * conductor that sleeps past its lease finds it ended before it can command a BMC.
 */
export class Lease {
  readonly claim: Claim;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #valid_until: number;
  #lost = false;
  #handing_over = false;

  /** @param asked_at the monotonic time before the claim was asked for: the lease is no longer than that. */
  constructor(claim: Claim, clock: Clock, asked_at: number, lease_ms: number) {
    this.claim = claim;
    this.#clock = clock;
    this.#valid_until = asked_at + lease_ms;
  }

  /** Aborted when the lease is lost, or when the conductor ends and waits no longer. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** The conductor ends: the job is to be given back at the next step. */
  get handing_over(): boolean {
    return this.#handing_over;
  }

  renewed(asked_at: number, lease_ms: number): void {
    this.#valid_until = Math.max(this.#valid_until, asked_at + lease_ms);
  }

  lose(why: string): void {
    this.#lost = true;
    this.#stop.abort(new LeaseLost(why));
  }

  handOver(): void {
    this.#handing_over = true;
  }

  /** Interrupts the step that runs; its outcome may still be written. */
  interrupt(): void {
    this.#handing_over = true;
    this.#stop.abort(new LeaseLost('The conductor ends.'));
  }

  /** To be called before every write. @throws LeaseLost */
  checkHeld(): void {
    if (!this.#lost && this.#clock.monotonic() >= this.#valid_until)
      this.lose(`The lease of job ${this.claim.job_id} ran out.`);
    if (this.#lost) this.#stop.signal.throwIfAborted();
  }

  /** To be called before every command to hardware. @throws LeaseLost */
  check(): void {
    this.checkHeld();
    this.#stop.signal.throwIfAborted();
  }
}
