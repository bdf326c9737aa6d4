import type { Call } from './call.ts';
import type { Deadline, Deadlines } from './deadlines.ts';

interface Waiter extends Deadline {
  enter(): void;
}

/** Lets one call through at a time, in their order; a waiting call leaves at its deadline or when it is ended. */
export class Turnstile {
  readonly #deadlines: Deadlines;
  readonly #queue = new Set<Waiter>();
  #taken = false;

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  /** Resolves true when it is this call's turn, which must then `leave`; false at its deadline. Rejects when the call is ended. */
  enter(call: Call): Promise<boolean> | true {
    call.throwIfEnded();
    if (!this.#taken) {
      this.#taken = true;
      return true;
    }
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#queue.delete(waiter);
        this.#deadlines.delete(waiter);
        call.cancel = null;
      };
      const waiter: Waiter = {
        due_ms: call.deadline_ms,
        enter: () => {
          end();
          resolve(true);
        },
        expire: () => {
          end();
          resolve(false);
        },
      };
      call.cancel = (reason) => {
        end();
        reject(reason);
      };
      this.#queue.add(waiter);
      this.#deadlines.add(waiter);
    });
  }

  leave(): void {
    const [next] = this.#queue;
    if (next === undefined) this.#taken = false;
    else next.enter();
  }
}
