import type { Clock } from '../lifecycle/clock.ts';
import { ipv4Number } from '../lifecycle/ipv4.ts';

/** Resolves when the rack of `address` may have so many more bytes; null: now. */
export type Pace = (address: string, bytes: number) => Promise<void> | null;

/** Racks that are remembered; with more of them the one that is quiet the longest is forgotten. */
const MOST_RACKS = 10_000;
const MIB = 1024 * 1024;

/**
 * Lets the servers of one rack, together, have so many bytes in a second. Chunks go in the order in which they were asked for.
 *
 * @param bandwidth_mib_s 0: no limit, null comes back.
 * @param prefix servers whose IPv4 addresses agree in so many bits are one rack.
 */
export function createRackPace(
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
  { bandwidth_mib_s, prefix }: { bandwidth_mib_s: number; prefix: number },
): Pace | null {
  if (bandwidth_mib_s === 0) return null;
  /** When what was promised to a rack has gone out, by rack. */
  const busy_until = new Map<string, number>();
  return (address, bytes) => {
    const rack = rackOf(address, prefix);
    const now = clock.monotonic();
    const from = Math.max(now, busy_until.get(rack) ?? 0);
    // Taken out and put in again: the map's order is that of the last chunk.
    busy_until.delete(rack);
    busy_until.set(rack, from + (bytes / (bandwidth_mib_s * MIB)) * 1000);
    if (busy_until.size > MOST_RACKS) busy_until.delete(busy_until.keys().next().value ?? '');
    return from > now ? clock.sleep(from - now) : null;
  };
}

/** The rack that an address is of; IPv6 networks have 64 bits. */
export function rackOf(address: string, prefix: number): string {
  const plain = address.replace(/^::ffff:/i, '');
  const number = ipv4Number(plain);
  if (number !== null) return `${Math.floor(number / 2 ** (32 - prefix))}/${prefix}`;
  return plain.split(':').slice(0, 4).join(':');
}
