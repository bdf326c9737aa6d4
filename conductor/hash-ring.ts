import { createHash } from 'node:crypto';

/**
 * Rendezvous hashing: of `hosts`, the one that scores highest for `key`. A host that joins or leaves moves only its own
 * share of the keys. null when there are no hosts. Pure.
 */
export function ringHost(hosts: readonly string[], key: string): string | null {
  const [only] = hosts;
  if (hosts.length <= 1) return only ?? null;
  let best: string | null = null;
  let highest = '';
  for (const host of hosts) {
    const score = createHash('md5').update(`${host}\n${key}`).digest('hex');
    if (best === null || score > highest || (score === highest && host < best)) {
      best = host;
      highest = score;
    }
  }
  return best;
}
