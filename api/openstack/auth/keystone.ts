import type { Logger } from '../../../config/logger.ts';
import type { Settings } from '../../../config/options.ts';
import type { Clock } from '../../../lifecycle/clock.ts';
import { type ServiceError, serviceError } from '../../../lifecycle/errors.ts';
import type { KeystoneAnswer, KeystoneHttp } from './keystone-http.ts';
import type { TokenLookup } from './token-authenticator.ts';
import { parseTokenBody } from './token-facts.ts';

interface OwnToken {
  id: string;
  expires_at_ms: number;
}

/** Our own token is renewed this long before it ends, so that none runs out on the way. */
const RENEW_BEFORE_MS = 60_000;

/**
 * Validates tokens at Keystone v3 (GET /v3/auth/tokens) with a token of our own service user, which is fetched when first
 * needed, shared, and renewed before it ends or when Keystone refuses it. Uncached: see cachedLookup.
 */
export function keystoneLookup(options: {
  http: KeystoneHttp;
  credentials: Settings['keystone_authtoken'];
  clock: Clock;
  log: Logger;
}): TokenLookup {
  const { http, credentials, clock, log } = options;
  let own: OwnToken | null = null;
  let fetching: Promise<OwnToken> | null = null;

  async function ask(
    method: 'GET' | 'POST',
    path: string,
    headers: Record<string, string>,
    body?: object,
  ): Promise<KeystoneAnswer> {
    try {
      return await http.request(method, path, headers, body);
    } catch (error) {
      log.error({ err: error }, 'the identity service does not answer');
      throw unavailable();
    }
  }

  async function login(): Promise<OwnToken> {
    const answer = await ask('POST', '/auth/tokens?nocatalog', {}, loginBody(credentials));
    const facts = parseTokenBody(answer.body);
    if (answer.status !== 201 || answer.subject_token === null || facts === null) {
      log.error(
        { status: answer.status, user: credentials.username },
        'the identity service refused the login of [keystone_authtoken]username; check it and its password',
      );
      throw unavailable();
    }
    own = { id: answer.subject_token, expires_at_ms: facts.expires_at_ms };
    return own;
  }

  async function ownToken(): Promise<OwnToken> {
    if (own !== null && clock.now() < own.expires_at_ms - RENEW_BEFORE_MS) return own;
    fetching ??= login().finally(() => {
      fetching = null;
    });
    return await fetching;
  }

  async function validate(token: string, allow_expired: boolean): Promise<KeystoneAnswer> {
    const path = `/auth/tokens?nocatalog${allow_expired ? '&allow_expired=1' : ''}`;
    const used = await ownToken();
    const answer = await ask('GET', path, { 'x-auth-token': used.id, 'x-subject-token': token });
    if (answer.status !== 401) return answer;
    // Revoked, or Keystone changed its keys. Whoever sees it first renews; the others use the new one.
    if (own === used) own = null;
    const renewed = await ownToken();
    return await ask('GET', path, { 'x-auth-token': renewed.id, 'x-subject-token': token });
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

function loginBody(credentials: Settings['keystone_authtoken']): object {
  return {
    auth: {
      identity: {
        methods: ['password'],
        password: {
          user: {
            name: credentials.username,
            domain: { name: credentials.user_domain_name },
            password: credentials.password,
          },
        },
      },
      scope: {
        project: { name: credentials.project_name, domain: { name: credentials.project_domain_name } },
      },
    },
  };
}

function unavailable(): ServiceError {
  return serviceError('ServiceUnavailable', {
    why: 'Tokens cannot be validated now: the identity service is not available. Try again.',
  });
}
