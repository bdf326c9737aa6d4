import type { Logger } from '../../../config/logger.ts';
import type { Settings } from '../../../config/options.ts';
import type { Clock } from '../../../lifecycle/clock.ts';
import { type ServiceError, serviceError } from '../../../lifecycle/errors.ts';
import type { Json } from '../../../lifecycle/json.ts';
import type { JsonAnswer, JsonHttp } from '../../../net/json-http.ts';
import { keepLogin, passwordLogin, v3Root } from '../../../net/keystone-login.ts';
import type { TokenLookup } from './token-authenticator.ts';
import { parseTokenBody } from './token-facts.ts';

interface OwnToken {
  id: string;
  expires_at_ms: number;
}

/**
 * Validates tokens at Keystone v3 (GET /v3/auth/tokens) with a token of our own service user, which is fetched when first
 * needed, shared, and renewed before it ends or when Keystone refuses it. Uncached: see cachedLookup.
 * @throws Error when auth_url cannot be used.
 */
export function keystoneLookup(options: {
  http: JsonHttp;
  credentials: Settings['keystone_authtoken'];
  clock: Clock;
  log: Logger;
}): TokenLookup {
  const { http, credentials, clock, log } = options;
  const root = v3Root(credentials.auth_url);
  const own = keepLogin(clock, login);

  async function ask(
    method: 'GET' | 'POST',
    path: string,
    headers: Record<string, string>,
    body?: Json,
  ): Promise<JsonAnswer> {
    try {
      // Validations and logins may be repeated.
      const options = { headers, repeat: true, ...(body === undefined ? {} : { body }) };
      return await http.request(method, root + path, options);
    } catch (error) {
      log.error({ err: error }, 'the identity service does not answer');
      throw unavailable();
    }
  }

  async function login(): Promise<OwnToken> {
    const answer = await ask('POST', '/auth/tokens?nocatalog', {}, passwordLogin(credentials));
    const facts = parseTokenBody(answer.body);
    const id = answer.headers.get('x-subject-token');
    if (answer.status !== 201 || id === null || facts === null) {
      log.error(
        { status: answer.status, user: credentials.username },
        'the identity service refused the login of [keystone_authtoken]username; check it and its password',
      );
      throw unavailable();
    }
    return { id, expires_at_ms: facts.expires_at_ms };
  }

  function validate(token: string, allow_expired: boolean): Promise<JsonAnswer> {
    const path = `/auth/tokens?nocatalog${allow_expired ? '&allow_expired=1' : ''}`;
    return own.use(
      ({ id }) => ask('GET', path, { 'x-auth-token': id, 'x-subject-token': token }),
      (answer) => answer.status === 401,
    );
  }

  return async (token, allow_expired) => {
    const answer = await validate(token, allow_expired);
    if (answer.status === 404) return null;
    const facts = answer.status === 200 ? parseTokenBody(answer.body) : null;
    if (facts === null) {
      log.error({ status: answer.status }, 'the identity service did not validate a token as it should');
      throw unavailable();
    }
    return allow_expired || clock.now() < facts.expires_at_ms ? facts : null;
  };
}

function unavailable(): ServiceError {
  return serviceError('ServiceUnavailable', {
    why: 'Tokens cannot be validated now: the identity service is not available. Try again.',
  });
}
