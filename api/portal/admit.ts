import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../lifecycle/clock.ts';
import { cookieIn, type PortalSession, type SessionSeal } from './session-cookie.ts';

/**
 * Header that pages of other sites cannot send without being asked first (CORS preflight), which nothing here allows: with it, and with
 * SameSite=Strict, a request comes of our own pages.
 */
export const PORTAL_HEADER = 'x-kurogane-portal';

export interface PortalDoor {
  seal: SessionSeal;
  clock: Clock;
  /** Whether browsers reach the API over TLS: the cookie is Secure then. */
  secure: boolean;
  /** Origins that are ours beside the request's own host: [api]public_endpoint. */
  origins: readonly string[];
}

/** The session of a request that one of our own pages sent; null: none. */
export function sessionOf(request: IncomingMessage, door: PortalDoor): PortalSession | null {
  const value = cookieIn(request.headers.cookie, door.secure);
  if (value === null || !isOurs(request, door)) return null;
  return door.seal.open(value, door.clock.now());
}

/** Whether a page of ours sent the request. */
export function isOurs({ headers }: IncomingMessage, { origins }: Pick<PortalDoor, 'origins'>): boolean {
  if (headers[PORTAL_HEADER] === undefined) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  const { origin } = headers;
  if (origin === undefined) return true;
  return origins.includes(origin) || hostOf(origin) === headers.host;
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

/** The APIs that the portal asks; elsewhere its cookie means nothing. */
const APIS = ['/v1', '/lifecycle/'] as const;

/**
 * Gives a request of the portal its caller's token, as if the browser had sent it: the APIs see X-Auth-Token and nothing else. A request
 * that brings a token of its own keeps it.
 */
export function admit(request: IncomingMessage, door: PortalDoor): void {
  const { headers, url = '' } = request;
  if (headers.cookie === undefined || headers['x-auth-token'] !== undefined) return;
  if (!APIS.some((path) => url.startsWith(path))) return;
  const session = sessionOf(request, door);
  if (session !== null) headers['x-auth-token'] = session.token;
}
