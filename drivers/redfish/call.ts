import type { Clock } from '../../lifecycle/clock.ts';
import { type CallOptions, DriverError, type DriverErrorCode } from '../contract.ts';

/** What a call waits for, so that its deadline can be told in words. */
export interface Waiting {
  code: DriverErrorCode;
  what: string;
}

/** One call on a connection, made of several requests: its deadline and its end. */
export class Call {
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #deadline_ms: number;
  /** What several requests together wait for; told instead of what the request at hand waits for. */
  purpose: Waiting | null = null;
  /** Set by whoever waits. */
  waiting: Waiting = { code: 'timeout', what: 'The BMC was not asked in time.' };

  private constructor(clock: Clock, timeout_ms: number) {
    this.#clock = clock;
    this.#deadline_ms = clock.monotonic() + timeout_ms;
  }

  /**
   * Does `work` within the bounds of `options`.
   * @throws DriverError by the deadline; the signal's reason when it is aborted
   */
  static async within<T>(
    clock: Clock,
    name: string,
    options: CallOptions,
    work: (call: Call) => Promise<T>,
  ): Promise<T> {
    options.signal?.throwIfAborted();
    const call = new Call(clock, options.timeout_ms);
    const done = new AbortController();
    const end = (): void => call.#controller.abort(options.signal?.reason);
    options.signal?.addEventListener('abort', end);
    clock.sleep(options.timeout_ms, done.signal).then(
      () => call.#expire(name, options.timeout_ms),
      () => undefined, // the work was done in time
    );
    try {
      return await work(call);
    } catch (error) {
      // Whatever broke when the call was ended, broke because of that.
      if (call.signal.aborted) throw call.signal.reason;
      throw error;
    } finally {
      done.abort();
      options.signal?.removeEventListener('abort', end);
    }
  }

  /** Aborted at the deadline, or when the caller gives up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get left_ms(): number {
    return Math.max(0, this.#deadline_ms - this.#clock.monotonic());
  }

  async sleep(ms: number): Promise<void> {
    await this.#clock.sleep(ms, this.signal);
  }

  #expire(name: string, timeout_ms: number): void {
    const { code, what } = this.purpose ?? this.waiting;
    this.#controller.abort(new DriverError(code, `${name}: ${what} The call had ${timeout_ms / 1000} s.`));
  }
}
