import { createHash } from 'node:crypto';
import type { Logger } from '../../config/logger.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import { type ServiceError, serviceError } from '../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { JsonAnswer, JsonHttp } from '../../net/json-http.ts';
import { v3Root } from '../../net/keystone-login.ts';
import { createThrottle } from '../identity/throttle.ts';
import { parseTokenBody } from '../openstack/auth/token-facts.ts';
import { type IdentityDoor, SignInRefused } from './identity-door.ts';

/** Keystone's own words for a wrong password tell nothing either. */
const REFUSED = 'The request you have made requires authentication.';

/**
 * The portal's way to Keystone v3. Keystone counts no wrong passwords unless it is told to: guesses are slowed down here, by address
 * and account.
 * @throws Error when auth_url cannot be used.
 */
export function keystoneDoor(options: {
  http: JsonHttp;
  auth_url: string;
  throttle: { attempts: number; longest_s: number };
  clock: Clock;
  log: Logger;
}): IdentityDoor {
  const { http, log } = options;
  const root = v3Root(options.auth_url);
  const throttle = createThrottle({ ...options.throttle, clock: options.clock });

  async function ask(method: string, path: string, token: string | null, body?: Json): Promise<JsonAnswer> {
    try {
      return await http.request(method, root + path, {
        headers: token === null ? {} : { 'x-auth-token': token },
        repeat: method === 'GET',
        ...(body === undefined ? {} : { body }),
      });
    } catch (error) {
      log.error({ err: error }, 'the identity service does not answer the portal');
      throw unavailable();
    }
  }

  async function list(path: string, token: string, member: string): Promise<JsonObject[]> {
    const { status, body } = await ask('GET', path, token);
    if (status === 401) throw new SignInRefused(401, REFUSED);
    const found = typeof body === 'object' && body !== null && !Array.isArray(body) ? body[member] : null;
    if (status !== 200 || !Array.isArray(found)) throw unavailable();
    return found as JsonObject[];
  }

  return {
    async issue(auth, address) {
      const who = `${address} ${createHash('sha256')
        .update(JSON.stringify(accountOf(auth)))
        .digest('base64url')}`;
      const wait_s = throttle.wait_s(who);
      if (wait_s > 0)
        throw new SignInRefused(429, `Too many wrong passwords: try again in ${wait_s} s.`, wait_s);
      const answer = await ask('POST', '/auth/tokens?nocatalog', null, { auth });
      if (answer.status === 401 || answer.status === 403) throttle.failed(who);
      if (answer.status === 401) throw new SignInRefused(401, REFUSED);
      if (answer.status === 400 || answer.status === 403 || answer.status === 429)
        throw new SignInRefused(answer.status, messageOf(answer.body));
      const facts = parseTokenBody(answer.body);
      const token = answer.headers.get('x-subject-token');
      if (answer.status !== 201 || facts === null || token === null) {
        log.error({ status: answer.status }, 'the identity service did not answer a sign-in as it should');
        throw unavailable();
      }
      throttle.succeeded(who);
      return { token, facts };
    },
    async places(token) {
      const [projects, system] = await Promise.all([
        list('/auth/projects', token, 'projects'),
        list('/auth/system', token, 'system'),
      ]);
      return {
        projects: projects.map(({ id, name }) => ({ id: String(id), name: String(name) })),
        system: system.length > 0,
      };
    },
    async revoke(token) {
      const { status } = await http
        .request('DELETE', `${root}/auth/tokens`, {
          headers: { 'x-auth-token': token, 'x-subject-token': token },
        })
        .catch(() => ({ status: 0 }));
      if (status !== 204) log.info({ status }, 'a token of the portal was not revoked; it ends by itself');
    },
  };
}

/** Who signs in, without the secret. */
function accountOf(auth: JsonObject): Json {
  const identity = (auth.identity ?? {}) as { [method: string]: JsonObject | undefined };
  const user = (identity.password?.user ?? {}) as JsonObject;
  return [user.name ?? null, user.domain ?? null, identity.application_credential?.id ?? null];
}

function messageOf(body: Json): string {
  const error = typeof body === 'object' && body !== null && !Array.isArray(body) ? body.error : null;
  const message = typeof error === 'object' && error !== null && !Array.isArray(error) ? error.message : null;
  return typeof message === 'string' ? message : 'The identity service refused the sign-in.';
}

function unavailable(): ServiceError {
  return serviceError('ServiceUnavailable', {
    why: 'Nobody can sign in now: the identity service is not available. Try again.',
  });
}
