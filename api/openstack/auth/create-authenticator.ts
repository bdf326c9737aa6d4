import type { Logger } from '../../../config/logger.ts';
import type { Settings } from '../../../config/options.ts';
import type { Clock } from '../../../lifecycle/clock.ts';
import { openJsonHttp } from '../../../net/json-http.ts';
import type { Authenticator } from '../../http/authenticator.ts';
import { createHttpBasic } from './http-basic.ts';
import { signedLookup, watchPublicKeys } from './jws.ts';
import { keystoneLookup } from './keystone.ts';
import { createNoauth } from './noauth.ts';
import { createTokenAuthenticator, type TokenLookup } from './token-authenticator.ts';
import { cachedLookup } from './token-cache.ts';

type AuthSettings = Pick<Settings, 'DEFAULT' | 'api' | 'identity' | 'keystone_authtoken'>;

interface Parts {
  settings: AuthSettings;
  log: Logger;
  clock: Clock;
  /** The identity service of this process ([identity]enabled): tokens are then verified without HTTP. */
  identity?: { verify: TokenLookup };
}

const MAX_CONNECTIONS = 32;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** An authenticator and the end of its connections. */
export type ClosableAuthenticator = Authenticator & { close(): Promise<void> };

const STRATEGIES: Record<Settings['DEFAULT']['auth_strategy'], (parts: Parts) => ClosableAuthenticator> = {
  noauth: () => ({ ...createNoauth(), close: async () => {} }),
  http_basic: basic,
  keystone: token,
};

/**
 * Makes the authenticator of `[DEFAULT]auth_strategy`.
 * @throws Error when a setting that the strategy needs is missing or cannot be used.
 */
export function createAuthenticator(parts: Parts): ClosableAuthenticator {
  return STRATEGIES[parts.settings.DEFAULT.auth_strategy](parts);
}

function basic({ settings, clock, log }: Parts): ClosableAuthenticator {
  const path = settings.DEFAULT.http_basic_auth_user_file;
  if (path === '') throw new Error('auth_strategy http_basic needs [DEFAULT]http_basic_auth_user_file.');
  return { ...createHttpBasic({ path, clock, log }), close: async () => {} };
}

function token({ settings, clock, log, identity }: Parts): ClosableAuthenticator {
  const options = settings.keystone_authtoken;
  const common = {
    service_token_roles: options.service_token_roles,
    service_token_roles_required: options.service_token_roles_required,
    log,
  };
  if (identity !== undefined) {
    const identity_url = options.www_authenticate_uri || embeddedUrl(settings);
    const authenticator = createTokenAuthenticator({ ...common, lookup: identity.verify, identity_url });
    return { ...authenticator, close: async () => {} };
  }
  for (const key of ['auth_url', 'username', 'password'] as const) {
    if (options[key] === '') {
      throw new Error(`auth_strategy keystone needs [keystone_authtoken]${key}, or [identity]enabled.`);
    }
  }
  const path = options.jws_public_key_repository;
  const keys = path === '' ? null : watchPublicKeys({ path, clock, log });
  const http = openJsonHttp({
    cafile: options.cafile,
    timeout_s: options.http_request_timeout,
    connections: MAX_CONNECTIONS,
    most_bytes: MAX_ANSWER_BYTES,
  });
  const remote = keystoneLookup({ http, credentials: options, clock, log });
  const lookup = cachedLookup({
    lookup: keys === null ? remote : signedLookup({ lookup: remote, keys, clock }),
    life_s: options.token_cache_time,
    max_entries: options.token_cache_size,
    clock,
  });
  const identity_url = options.www_authenticate_uri || options.auth_url;
  const authenticator = createTokenAuthenticator({ ...common, lookup, identity_url });
  return { ...authenticator, close: () => http.close() };
}

function embeddedUrl({ api }: AuthSettings): string {
  const base = api.public_endpoint === '' ? `http://${api.host_ip}:${api.port}` : api.public_endpoint;
  return `${base.replace(/\/+$/, '')}/identity`;
}
