import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { verificationOf } from '../../net/verification.ts';
import type { DriverProperty, ParsedInfo } from '../contract.ts';

/** driver_info of the hardware type bampi. */
export interface BampiInfo {
  /** Scheme, host and port. */
  origin: string;
  base_path: string;
  username: string;
  password: string;
  /** The server's name at BAMPI, in any case. */
  hostname: string;
  /** false: BAMPI's certificate is not checked; a text: file with the certificates of its CA. */
  verify_ca: boolean | string;
  /** RAID level in Ironic's words → name of the layout at BAMPI. */
  raid_profiles: Readonly<Record<string, string>>;
}

export const BAMPI_PROPERTIES = {
  bampi_address: {
    description: 'URL of BAMPI, or a host name or IP address; http and port 8080 are assumed. Required.',
    required: true,
  },
  bampi_base_path: { description: 'Path before /servers and /tasks; default /bampi/api/kddi/v1. Optional.' },
  bampi_username: { description: 'User name at BAMPI (HTTP Basic). Required.', required: true },
  bampi_password: { description: 'Its password. Required.', required: true, secret: true },
  bampi_hostname: { description: "The server's hostname at BAMPI, in any case. Required.", required: true },
  bampi_verify_ca: {
    description:
      "Whether BAMPI's certificate is checked, or the path of a file with the certificates of its CA; default True. Optional.",
  },
  bampi_raid_profiles: {
    description: 'RAID level → name of the layout at BAMPI, like {"1": "raid1"}. Optional.',
  },
} as const satisfies Record<string, DriverProperty>;

type Property = keyof typeof BAMPI_PROPERTIES;

/** Reads driver_info: all problems at once. No problem repeats a value. Pure. */
export function parseBampiInfo(driver_info: JsonObject): ParsedInfo<BampiInfo> {
  const problems: string[] = [];
  const text = (name: Property): string => {
    const value = driver_info[name];
    if (typeof value === 'string' && value !== '') return value;
    problems.push(
      value === undefined || value === null || value === ''
        ? `${name} is missing.`
        : `${name} must be a text.`,
    );
    return '';
  };
  const address = text('bampi_address');
  const origin = originOf(address);
  if (address !== '' && origin === null)
    problems.push(
      'bampi_address must be an http or https URL without credentials, a host name or an IP address.',
    );
  const base_path = driver_info.bampi_base_path === undefined ? DEFAULT_PATH : text('bampi_base_path');
  if (base_path !== '' && !/^(\/[\w.~-]+)*\/?$/.test(base_path))
    problems.push('bampi_base_path must be a path like /bampi/api/kddi/v1.');
  const username = text('bampi_username');
  if (username.includes(':')) problems.push('bampi_username must have no colon.');
  const password = text('bampi_password');
  const hostname = text('bampi_hostname');
  const raid_profiles = profilesOf(driver_info.bampi_raid_profiles);
  if (raid_profiles === null)
    problems.push('bampi_raid_profiles must be an object of RAID level → name of a layout.');
  const verify_ca = verificationOf(driver_info.bampi_verify_ca);
  if (verify_ca === null)
    problems.push('bampi_verify_ca must be true, false or the absolute path of a file with certificates.');
  if (problems.length > 0 || origin === null || raid_profiles === null || verify_ca === null)
    return { problems };
  const login = { username, password, hostname };
  return { info: { origin, base_path: base_path.replace(/\/$/, ''), ...login, verify_ca, raid_profiles } };
}

const DEFAULT_PATH = '/bampi/api/kddi/v1';

function originOf(address: string): string | null {
  const plain = !/^\w+:\/\//.test(address);
  const text = plain ? `http://${address}` : address;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (plain && url.port === '') url.port = '8080';
  const good = ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === '';
  return good && url.hostname !== '' ? url.origin : null;
}

function profilesOf(value: Json | undefined): Record<string, string> | null {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return null;
  const entries = Object.entries(value);
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== ''))
    return null;
  return Object.keys(value).every((level) => /^(JBOD|\d(\+0)?)$/.test(level))
    ? Object.fromEntries(entries as [string, string][])
    : null;
}
