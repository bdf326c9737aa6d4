import { type DhcpRange, dnsmasqConfig } from '../boot/dnsmasq.ts';

export interface DnsmasqOptions {
  url: string;
  tftpAddress: string;
  range: readonly string[];
  tftpRoot: string;
  leaseFile: string;
  leaseTime: string;
  pidFile: string;
}

/** `kurogane dnsmasq-config`: the text of the file. @throws Error that says which option is wrong */
export function dnsmasqText(options: DnsmasqOptions): string {
  const lease_s = Number(options.leaseTime);
  // dnsmasq takes shorter ones for two minutes.
  if (!Number.isInteger(lease_s) || lease_s < 120)
    throw new Error(`--lease-time must be a whole number of seconds, 120 or more, not ${options.leaseTime}.`);
  return dnsmasqConfig({
    ranges: options.range.map(readRange),
    boot_url: options.url.replace(/\/+$/, ''),
    tftp_address: options.tftpAddress,
    tftp_root: options.tftpRoot,
    lease_file: options.leaseFile,
    lease_s,
    pid_file: options.pidFile,
  });
}

function readRange(text: string): DhcpRange {
  const [name, first, last, netmask, router, ...more] = text.split('/');
  if (
    name === undefined ||
    first === undefined ||
    last === undefined ||
    netmask === undefined ||
    more.length > 0
  )
    throw new Error(
      `--range must be interface/first/last/netmask or interface/first/last/netmask/router, not ${text}.`,
    );
  return { interface: name, first, last, netmask, router: router ?? null };
}
