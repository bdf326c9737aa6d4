import { serviceError } from '../../lifecycle/errors.ts';

/** Time after which who was refused because all are at work may come again. */
const BUSY_RETRY_S = 5;

export interface WorkQueue {
  /** Runs `work` when it is its turn. @throws TooManyRequests at once when too many wait; the signal's reason */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/** `concurrency` at once; up to `most_waiting` wait, in order. */
export function createWorkQueue(concurrency: number, most_waiting: number): WorkQueue {
  let running = 0;
  const waiting = new Set<() => void>();

  /** Takes a place; whoever leaves one hands it to the next who waits. */
  async function place(signal: AbortSignal): Promise<void> {
    if (running < concurrency) {
      running++;
      return;
    }
    if (waiting.size >= most_waiting)
      throw serviceError('TooManyRequests', {
        why: 'Too many servers register at once.',
        retry_s: BUSY_RETRY_S,
      });
    await new Promise<void>((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        waiting.delete(go);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      waiting.add(go);
    });
  }

  return {
    async run(signal, work) {
      signal.throwIfAborted();
      await place(signal);
      try {
        return await work();
      } finally {
        const [next] = waiting;
        if (next === undefined) running--;
        else {
          waiting.delete(next);
          next();
        }
      }
    },
  };
}
