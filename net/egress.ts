import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Networks that a URL of a customer must not lead to: this machine, its neighbours, and what is not the Internet's. */
const FORBIDDEN: readonly [network: string, bits: number, family: 'ipv4' | 'ipv6'][] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 96, 'ipv6'],
  // What translates to IPv4 addresses.
  ['64:ff9b::', 96, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];

export interface Egress {
  /** Why an address must not be called; null: it may. */
  problem(address: string): string | null;
  /** Of a URL's host, as far as it can be told without asking DNS. */
  problemOfUrl(url: URL): string | null;
  /** Resolves names to addresses that may be called, at the moment of the call: a name cannot change in between. */
  lookup: LookupFunction;
}

/**
 * What customers' URLs may lead to.
 * @param allowed networks that are allowed though they are private: `10.20.0.0/16`
 * @param barred networks that are not, though they are not private: those of BMCs
 */
export function createEgress(allowed: readonly string[], barred: readonly string[] = []): Egress {
  const may = blockList(allowed);
  const must_not = blockList(barred);
  for (const [network, bits, family] of FORBIDDEN) must_not.addSubnet(network, bits, family);

  function problem(address: string): string | null {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (may.check(address, family) || !must_not.check(address, family)) return null;
    return `The address ${address} is not one that notices may be sent to: [notices]allowed_networks can allow its network.`;
  }

  return {
    problem,
    problemOfUrl: ({ hostname }) => {
      const bare = hostname.replace(/^\[|\]$/g, '');
      return isIP(bare) === 0 ? null : problem(bare);
    },
    lookup: (hostname, options, callback) => {
      lookup(hostname, { ...options, all: true }, (error, found) => {
        if (error !== null) return callback(error, [], 0);
        const why = found.map(({ address }) => problem(address)).find((one) => one !== null);
        const [first] = found;
        if (why !== undefined || first === undefined)
          return callback(new Error(why ?? `${hostname} has no address.`), [], 0);
        if (options.all === true) callback(null, found);
        else callback(null, first.address, first.family);
      });
    },
  };
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of networks) {
    const [network = '', bits] = text.split('/', 2);
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(network, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return list;
}
