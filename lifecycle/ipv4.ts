import type { AddressRange } from './registration-records.ts';

/** A dotted IPv4 address as a number; null: it is none. */
export function ipv4Number(text: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  const bytes = match.slice(1).map(Number);
  if (bytes.some((byte, index) => byte > 255 || String(byte) !== match[index + 1])) return null;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

export function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** First and last address of `10.1.0.0/16`; null: it is no network, or has bits set behind its prefix. */
export function ipv4Network(text: string): { first: number; last: number; prefix: number } | null {
  const [address = '', bits = '', ...more] = text.split('/');
  const first = ipv4Number(address);
  const prefix = /^\d{1,2}$/.test(bits) ? Number(bits) : -1;
  if (first === null || prefix < 1 || prefix > 32 || more.length > 0) return null;
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { first, last: first + size - 1, prefix } : null;
}

export const netmask = (prefix: number): string => ipv4Text(2 ** 32 - 2 ** (32 - prefix));

/** Most addresses of one pool. */
export const POOL_SIZE = 65_536;

/** What is wrong with a pool; null: nothing. Pure. */
export function poolProblem(pool: {
  network: string;
  ranges: readonly AddressRange[];
  gateway: string | null;
}): string | null {
  const network = ipv4Network(pool.network);
  if (network === null) return `network: ${pool.network} is no IPv4 network such as 10.1.0.0/16.`;
  const inside = (address: number | null): address is number =>
    address !== null && address >= network.first && address <= network.last;
  if (pool.gateway !== null && !inside(ipv4Number(pool.gateway)))
    return `gateway: ${pool.gateway} is no address of ${pool.network}.`;
  let size = 0;
  const spans: { first: number; last: number }[] = [];
  for (const range of pool.ranges) {
    const first = ipv4Number(range.first);
    const last = ipv4Number(range.last);
    if (!inside(first) || !inside(last) || last < first)
      return `ranges: ${range.first} to ${range.last} is no range of ${pool.network}.`;
    if (spans.some((one) => first <= one.last && last >= one.first))
      return `ranges: ${range.first} to ${range.last} overlaps another range.`;
    spans.push({ first, last });
    size += last - first + 1;
  }
  return size > POOL_SIZE ? `ranges: a pool has at most ${POOL_SIZE} addresses.` : null;
}

/** Number of addresses of the ranges. */
export function poolSize(ranges: readonly AddressRange[]): number {
  return ranges.reduce(
    (sum, { first, last }) => sum + (ipv4Number(last) ?? 0) - (ipv4Number(first) ?? 0) + 1,
    0,
  );
}

/** Whether an address may be one of the pool's network. */
export function isInNetwork(network: string, address: string): boolean {
  const number = ipv4Number(address);
  const span = ipv4Network(network);
  return number !== null && span !== null && number >= span.first && number <= span.last;
}

/** The pool whose network an address is of. */
export function poolOf<P extends { network: string }>(pools: readonly P[], address: string): P | null {
  return pools.find(({ network }) => isInNetwork(network, address)) ?? null;
}

/** The `skip`-th free address of a pool, or the last one when there are fewer; null: there is none. Pure. */
export function freeAddress(
  pool: { network: string; ranges: readonly AddressRange[]; gateway: string | null },
  taken: ReadonlySet<string>,
  skip: number,
): string | null {
  const network = ipv4Network(pool.network);
  let last: string | null = null;
  let left = skip;
  for (const range of pool.ranges) {
    const end = ipv4Number(range.last) ?? -1;
    for (let number = ipv4Number(range.first) ?? 0; number <= end; number++) {
      // Neither the network's own address nor that of broadcasts is a server's.
      if (network !== null && network.prefix < 31 && (number === network.first || number === network.last))
        continue;
      const address = ipv4Text(number);
      if (address === pool.gateway || taken.has(address)) continue;
      last = address;
      if (left-- === 0) return address;
    }
  }
  return last;
}
