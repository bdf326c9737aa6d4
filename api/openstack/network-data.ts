import type { TextFormat } from '../http/operations.ts';

/** Formats of addresses in network_data, which is Nova's (OpenStack network metadata). */

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

function isIpv6(value: string): boolean {
  return /^[0-9a-f:.]{2,45}$/i.test(value) && value.includes(':') && URL.canParse(`http://[${value}]/`);
}

/** A whole mask: ones, then zeros. */
function isIpv4Netmask(value: string): boolean {
  if (!IPV4.test(value)) return false;
  const bits = value.split('.').map((part) => Number(part).toString(2).padStart(8, '0'));
  return /^1+0*$/.test(bits.join(''));
}

export const NETWORK_DATA_FORMATS: Readonly<Record<string, TextFormat>> = {
  'ipv4-host': { fits: (value) => IPV4.test(value), hint: 'must be an IPv4 address' },
  'ipv4-netmask': { fits: isIpv4Netmask, hint: 'must be an IPv4 netmask' },
  'ipv6-host': {
    // With a prefix length or a zone, as Nova writes them.
    fits: (value) => isIpv6(value.replace(/(\/\d{1,3}|%[0-9a-z]+)$/i, '')),
    hint: 'must be an IPv6 address',
  },
  'ipv6-netmask': { fits: isIpv6, hint: 'must be an IPv6 netmask' },
};
