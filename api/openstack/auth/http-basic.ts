import type { Logger } from '../../../config/logger.ts';
import type { Clock } from '../../../lifecycle/clock.ts';
import { type Authenticator, Unauthorized } from '../../http/authenticator.ts';
import { createPasswordCheck, highestCost, isPasswordHash } from './password-check.ts';
import { watchFile } from './watched-file.ts';

const MAX_HEADER_CHARS = 4096;

interface Users {
  /** User name → bcrypt hash. */
  hashes: ReadonlyMap<string, string>;
  cost: number;
}

/**
 * auth_strategy http_basic: RFC 7617 against an htpasswd file with bcrypt entries (`htpasswd -B`). The file is read again
 * when it changes. Callers are unrestricted, as in Ironic.
 * @throws Error when the file cannot be read or holds something else than bcrypt entries.
 */
export function createHttpBasic(options: { path: string; clock: Clock; log: Logger }): Authenticator {
  const file = watchFile({ ...options, parse: parseHtpasswd });
  const passwords = createPasswordCheck();

  return {
    async authenticate(headers, request_id) {
      const given = parseAuthorization(headers.authorization);
      if (given === null) throw refusal('Authorization required');
      const { hashes, cost } = await file.current();
      const known = hashes.get(given.user) ?? null;
      if (!(await passwords.matches(given.password, known, cost))) {
        throw refusal('Incorrect username or password');
      }
      return {
        request_id,
        user_id: given.user,
        user_name: given.user,
        project_id: null,
        system_scope: false,
        roles: [],
        service_roles: [],
        unrestricted: true,
      };
    },
  };
}

/**
 * Reads lines of `user:bcrypt-hash`; empty lines and those that start with # are skipped.
 * @throws Error naming the lines that are wrong, without what they hold.
 */
export function parseHtpasswd(text: string): Users {
  const hashes = new Map<string, string>();
  const wrong: number[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const entry = line.trim();
    if (entry === '' || entry.startsWith('#')) continue;
    const colon = entry.indexOf(':');
    const hash = entry.slice(colon + 1).trim();
    if (colon < 1 || !isPasswordHash(hash)) wrong.push(index + 1);
    else hashes.set(entry.slice(0, colon), hash);
  }
  if (wrong.length > 0) {
    throw new Error(`Lines that are no user:bcrypt-hash (made by htpasswd -B): ${wrong.join(', ')}.`);
  }
  return { hashes, cost: highestCost([...hashes.values()]) };
}

function parseAuthorization(header: string | undefined): { user: string; password: string } | null {
  if (header === undefined || header.length > MAX_HEADER_CHARS) return null;
  const encoded = /^basic +([A-Za-z0-9+/]+=*) *$/i.exec(header)?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0 || text.includes('\0')) return null;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function refusal(message: string): Unauthorized {
  return new Unauthorized('Basic realm="Baremetal API"', { error: { message, code: 401 } });
}
