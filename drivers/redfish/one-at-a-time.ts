/** Lets one piece of work through at a time, in their order. */
export class OneAtATime {
  #last: Promise<void> = Promise.resolve();

  /** @throws the signal's reason when it is aborted before the work's turn */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const before = this.#last;
    let leave = (): void => {};
    this.#last = new Promise((resolve) => {
      leave = resolve;
    });
    try {
      await untilAborted(before, signal);
      return await work();
    } finally {
      // Who gives up while waiting leaves the next one behind those before.
      void before.then(leave);
    }
  }
}

async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop);
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
