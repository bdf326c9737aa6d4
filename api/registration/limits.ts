import type { Clock } from '../../lifecycle/clock.ts';
import { serviceError } from '../../lifecycle/errors.ts';

const MINUTE_MS = 60_000;
/** Addresses that are remembered; with more of them the longest unseen is forgotten. */
const MOST_PEERS = 20_000;

/**
 * Lets each address through so many times a minute. Full again after a minute, and in between in proportion.
 *
 * @param per_minute 0: no limit.
 */
export function createCallLimit(clock: Pick<Clock, 'monotonic'>, per_minute: number): (peer: string) => void {
  const peers = new Map<string, { left: number; at: number }>();
  return (peer) => {
    if (per_minute === 0) return;
    const now = clock.monotonic();
    const known = peers.get(peer) ?? { left: per_minute, at: now };
    const left = Math.min(per_minute, known.left + ((now - known.at) * per_minute) / MINUTE_MS);
    // Taken out and put in again: the map's order is that of the last call.
    peers.delete(peer);
    peers.set(peer, { left: Math.max(0, left - 1), at: now });
    if (peers.size > MOST_PEERS) peers.delete(peers.keys().next().value ?? '');
    if (left < 1) {
      const retry_s = Math.ceil(((1 - left) * 60) / per_minute);
      throw serviceError('TooManyRequests', {
        why: `${peer} calls more than ${per_minute} times a minute.`,
        retry_s,
      });
    }
  };
}

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
