import type { Clock } from '../lifecycle/clock.ts';
import { serviceError } from '../lifecycle/errors.ts';

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
