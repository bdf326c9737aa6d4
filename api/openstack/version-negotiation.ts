import type { IncomingHttpHeaders } from 'node:http';
import { RoutingError } from '../http/wire-error.ts';
import { MAX_MINOR, MIN_MINOR } from './microversions.ts';

/** Headers that every reply carries, whatever version was asked for. */
export const VERSION_RANGE_HEADERS = {
  'X-OpenStack-Ironic-API-Minimum-Version': `1.${MIN_MINOR}`,
  'X-OpenStack-Ironic-API-Maximum-Version': `1.${MAX_MINOR}`,
} as const;

export const VERSION_HEADER = 'X-OpenStack-Ironic-API-Version';

export interface NegotiatedVersion {
  minor: number;
  /** Whether the client named a version. */
  versioned: boolean;
}

/**
 * The microversion that a request asks for (reference: errors and conventions, 3). `OpenStack-API-Version: baremetal …`
 * wins over `X-OpenStack-Ironic-API-Version`; none means 1.1.
 * @throws RoutingError 406
 */
export function negotiateVersion(headers: IncomingHttpHeaders): NegotiatedVersion {
  const wanted =
    baremetalVersion(headers['openstack-api-version']) ?? single(headers['x-openstack-ironic-api-version']);
  if (wanted === undefined || wanted === '') return { minor: MIN_MINOR, versioned: false };
  if (wanted.toLowerCase() === 'latest') return { minor: MAX_MINOR, versioned: true };
  const match = /^(\d{1,5})\.(\d{1,5})$/.exec(wanted);
  if (match === null) {
    throw new RoutingError(406, `Invalid value for ${VERSION_HEADER} header: it must be 1.N or latest.`);
  }
  const minor = Number(match[2]);
  if (match[1] !== '1' || minor < MIN_MINOR || minor > MAX_MINOR) {
    throw new RoutingError(
      406,
      `Version ${wanted} was requested but the supported versions are 1.${MIN_MINOR} to 1.${MAX_MINOR}.`,
    );
  }
  return { minor, versioned: true };
}

function baremetalVersion(header: string | string[] | undefined): string | undefined {
  for (const part of (single(header) ?? '').split(',')) {
    const [service, version] = part.trim().split(/\s+/);
    if (service === 'baremetal' && version !== undefined) return version;
  }
  return undefined;
}

function single(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header[0] : header)?.trim();
}
