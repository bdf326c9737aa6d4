import { isIP } from 'node:net';

/** One network on which servers boot. */
export interface DhcpRange {
  /** Interface that dnsmasq listens on. */
  interface: string;
  /** First and last address given, dotted IPv4. */
  first: string;
  last: string;
  netmask: string;
  /** Default router; null: none is told. */
  router: string | null;
}

export interface DnsmasqFacts {
  ranges: readonly DhcpRange[];
  /** Base URL of the boot service as servers reach it, without a slash at the end. */
  boot_url: string;
  /** Address of this host that serves TFTP to firmware without HTTP. */
  tftp_address: string;
  tftp_root: string;
  lease_file: string;
  lease_s: number;
  pid_file: string;
}

/**
 * Kinds of clients by option 93 (RFC 4578 2.1; IANA "Processor Architecture Types") and the first program of each. UEFI HTTP
 * boot names the program by URL and wants its own vendor class back.
 */
const ARCHITECTURES = [
  { tag: 'bios', codes: [0], file: 'undionly.kpxe', by: 'tftp' },
  { tag: 'efi64', codes: [7, 9], file: 'ipxe.efi', by: 'tftp' },
  { tag: 'efiarm64', codes: [11], file: 'ipxe-arm64.efi', by: 'tftp' },
  { tag: 'http64', codes: [16], file: 'ipxe.efi', by: 'http' },
  { tag: 'httparm64', codes: [19], file: 'ipxe-arm64.efi', by: 'http' },
] as const;

/**
 * The whole configuration of dnsmasq: DHCP with leases of its own and TFTP, no DNS. A client that is iPXE already gets the
 * boot script, any other gets iPXE by the means that its firmware has.
 *
 * @throws Error when an address, an interface or a path cannot stand in a line of the file.
 */
export function dnsmasqConfig(facts: DnsmasqFacts): string {
  const boot_url = word(
    'the boot URL',
    facts.boot_url,
    /^https?:\/\/[A-Za-z0-9.:[\]-]+(\/[A-Za-z0-9._~/-]*)?$/,
  );
  const lines = [
    '# Written by Kurogane: changes are lost.',
    '# No DNS.',
    'port=0',
    'bind-dynamic',
    'no-hosts',
    'no-resolv',
    'no-ping',
    'log-dhcp',
    `pid-file=${word('the pid file', facts.pid_file, PATH)}`,
    '# Leases of our own; a server that comes back keeps its address.',
    `dhcp-leasefile=${word('the lease file', facts.lease_file, PATH)}`,
    'dhcp-authoritative',
    ...facts.ranges.flatMap((range, index) => rangeLines(range, index, facts.lease_s)),
    '# What asks: iPXE says so itself (option 175), firmware by its architecture (option 93).',
    'dhcp-match=set:ipxe,175',
    ...ARCHITECTURES.flatMap(({ tag, codes }) =>
      codes.map((code) => `dhcp-match=set:${tag},option:client-arch,${code}`),
    ),
    `dhcp-boot=tag:ipxe,${boot_url}/boot.ipxe`,
    ...ARCHITECTURES.flatMap(({ tag, file, by }) =>
      by === 'tftp'
        ? [`dhcp-boot=tag:!ipxe,tag:${tag},${file},,${address('the TFTP address', facts.tftp_address)}`]
        : [
            `dhcp-option-force=tag:!ipxe,tag:${tag},60,HTTPClient`,
            `dhcp-boot=tag:!ipxe,tag:${tag},${boot_url}/images/${file}`,
          ],
    ),
    '# Files of TFTP, read only.',
    'enable-tftp',
    `tftp-root=${word('the TFTP folder', facts.tftp_root, PATH)}`,
    'tftp-no-fail',
  ];
  return `${lines.join('\n')}\n`;
}

function rangeLines(range: DhcpRange, index: number, lease_s: number): string[] {
  const tag = `net${index}`;
  const name = word('an interface', range.interface, /^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/);
  const addresses = [range.first, range.last, range.netmask].map((each) => address('a DHCP range', each));
  return [
    `interface=${name}`,
    `dhcp-range=set:${tag},${addresses.join(',')},${lease_s}s`,
    // Without a value dnsmasq would name itself as the router.
    range.router === null
      ? `dhcp-option=tag:${tag},option:router`
      : `dhcp-option=tag:${tag},option:router,${address('a router', range.router)}`,
  ];
}

/** No blanks, commas, quotes or `#`, which mean something in the file. */
const PATH = /^\/[A-Za-z0-9._/-]+$/;

function address(what: string, value: string): string {
  if (isIP(value) !== 4)
    throw new Error(`dnsmasq: ${what} must be an IPv4 address, not ${JSON.stringify(value)}.`);
  return value;
}

function word(what: string, value: string, pattern: RegExp): string {
  if (!pattern.test(value)) throw new Error(`dnsmasq: ${what} cannot be ${JSON.stringify(value)}.`);
  return value;
}
