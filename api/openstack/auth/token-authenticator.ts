import type { IncomingHttpHeaders } from 'node:http';
import type { Logger } from '../../../config/logger.ts';
import { type Authenticator, Unauthorized } from '../../http/authenticator.ts';
import { callerOf, type TokenFacts } from './token-facts.ts';

/**
 * Finds out what a token says. Composable: a cache, a signature check or the network behind one function.
 * `allow_expired`: accept a token that ran out a while ago (long operations of a service for its user). Null: the token is
 * not valid. Throws ServiceError ServiceUnavailable when that cannot be found out now.
 */
export type TokenLookup = (token: string, allow_expired: boolean) => Promise<TokenFacts | null>;

// A JWS token with many roles is about 1 KiB; Fernet tokens are under 300 characters.
const TOKEN = /^[\x21-\x7e]{1,8192}$/;

/**
 * auth_strategy keystone: X-Auth-Token, and X-Service-Token beside it, as keystonemiddleware takes them. Only tokens
 * count: identity headers that a client sends (X-User-Id, X-Roles …) are never read.
 */
export function createTokenAuthenticator(options: {
  lookup: TokenLookup;
  /** Where clients get tokens: goes into the challenge. */
  identity_url: string;
  service_token_roles: readonly string[];
  service_token_roles_required: boolean;
  log: Logger;
}): Authenticator {
  const { lookup, log, service_token_roles_required } = options;
  const accepted = new Set(options.service_token_roles.map((role) => role.toLowerCase()));
  const challenge = `Keystone uri="${options.identity_url.replace(/["\\\r\n]/g, '')}"`;
  const refusal = (): Unauthorized =>
    new Unauthorized(challenge, {
      error: {
        code: 401,
        title: 'Unauthorized',
        message: 'The request you have made requires authentication.',
      },
    });

  /** Roles of a service token that may be believed; null: there is none. */
  async function serviceRoles(headers: IncomingHttpHeaders): Promise<readonly string[] | null> {
    const token = tokenIn(headers, 'x-service-token');
    if (token === null) return null;
    const facts = await lookup(token, false);
    if (facts === null) {
      log.debug('the service token is not valid and is ignored');
      return null;
    }
    const matches = facts.roles.some((role) => accepted.has(role));
    if (matches || !service_token_roles_required) return facts.roles;
    log.debug({ user_id: facts.user_id }, 'the service token has none of the service roles and is ignored');
    return null;
  }

  return {
    async authenticate(headers, request_id) {
      const token = tokenIn(headers, 'x-auth-token');
      if (token === null) throw refusal();
      const service_roles = await serviceRoles(headers);
      const facts = await lookup(token, service_roles !== null);
      if (facts === null) throw refusal();
      return callerOf(facts, service_roles ?? [], request_id);
    },
  };
}

function tokenIn(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' && TOKEN.test(value) ? value : null;
}
