import type { Clock } from '../../lifecycle/clock.ts';
import { type CallOptions, DriverError } from '../contract.ts';

/**
 * The bounds of one call of the conductor, over all datagrams that it takes. It can be waiting for one thing at a time;
 * an abort ends that wait at once.
 */
export class Call implements Disposable {
  readonly deadline_ms: number;
  /** The BMC sent something usable during this call: it is there, however slow. */
  heard = false;
  /** Ends the present wait. */
  cancel: ((reason: unknown) => void) | null = null;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.end(this.#signal?.reason);
  #ended: { reason: unknown } | null = null;

  /** @throws the signal's reason when it is aborted already. */
  constructor(options: CallOptions, clock: Clock) {
    options.signal?.throwIfAborted();
    this.#clock = clock;
    this.#signal = options.signal;
    this.deadline_ms = clock.monotonic() + options.timeout_ms;
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get remaining_ms(): number {
    return this.deadline_ms - this.#clock.monotonic();
  }

  /** Ends the call before its time: its present wait, or the next one, rejects with `reason`. */
  end(reason: unknown): void {
    this.#ended ??= { reason };
    this.cancel?.(reason);
  }

  throwIfEnded(): void {
    if (this.#ended !== null) throw this.#ended.reason;
  }

  /** Sleeps, at most to the deadline. Rejects when the call is ended. */
  async sleep(ms: number): Promise<void> {
    this.throwIfEnded();
    const interrupt = new AbortController();
    await new Promise<void>((resolve, reject) => {
      this.cancel = (reason) => {
        this.cancel = null;
        interrupt.abort();
        reject(reason);
      };
      const bounded_ms = Math.max(0, Math.min(ms, this.remaining_ms));
      this.#clock.sleep(bounded_ms, interrupt.signal).then(
        () => {
          this.cancel = null;
          resolve();
        },
        () => undefined, // interrupted: rejected already
      );
    });
  }

  /** The error of a call that came to its deadline while `doing`. */
  overdue(name: string, doing: string): DriverError {
    return this.heard
      ? new DriverError(
          'timeout',
          `${name}: the time for ${doing} is over, though the BMC answers. Try again.`,
        )
      : new DriverError('unreachable', `${name}: no answer from the BMC by the deadline. ${CHECK_REACHABLE}`);
  }

  [Symbol.dispose](): void {
    this.cancel = null;
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}

export const CHECK_REACHABLE =
  'Check ipmi_address and ipmi_port, that the BMC has power, that IPMI over LAN is enabled on it and that no firewall is between.';
