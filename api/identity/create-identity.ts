import { join } from 'node:path';
import type { Router } from 'express';
import type { Logger } from '../../config/logger.ts';
import type { Settings } from '../../config/options.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import { createPasswordCheck } from '../openstack/auth/password-check.ts';
import type { TokenLookup } from '../openstack/auth/token-authenticator.ts';
import { watchFile } from '../openstack/auth/watched-file.ts';
import type { IdentityDoor } from '../portal/identity-door.ts';
import { parseDirectory } from './directory.ts';
import { portalDoor } from './portal-door.ts';
import { identityRouter } from './router.ts';
import { ephemeralKey, keyFromFile } from './signing-key.ts';
import { createThrottle } from './throttle.ts';
import { createTokens } from './tokens.ts';
import type { Endpoints } from './views.ts';

/** The small Keystone v3 of the embedded mode. */
export interface Identity {
  /** Mount it at /identity. */
  router: Router;
  /** What a token says, without HTTP: for the authenticator of the same process. */
  verify: TokenLookup;
  /** For the portal of the same process. */
  door: IdentityDoor;
}

/**
 * Makes the identity service of `[identity]`: users, projects and roles from `users_file` (read again when it changes),
 * ES256 tokens signed with the key in `key_file`, which other processes may share. Revocations are known to this process
 * only and end with it.
 * @param endpoints asked for each catalogue, so that ports may be chosen late; `identity` with or without /v3.
 * @param ephemeral_key sign with a key of this process; nothing is written.
 * @throws Error when users_file is missing or wrong, or the key cannot be used.
 */
export function createIdentity(options: {
  settings: Pick<Settings, 'DEFAULT' | 'identity'>;
  log: Logger;
  clock: Clock;
  endpoints: () => Endpoints;
  ephemeral_key?: boolean;
}): Identity {
  const { settings, log, clock } = options;
  const endpoints = (): Endpoints => {
    const { identity, baremetal } = options.endpoints();
    return { identity: identity.replace(/(\/v3)?\/*$/, ''), baremetal };
  };
  const { users_file, key_file, token_ttl, region, lockout_failure_attempts, lockout_duration } =
    settings.identity;
  if (users_file === '') throw new Error('[identity]enabled needs [identity]users_file.');
  const file = watchFile({ path: users_file, parse: parseDirectory, clock, log });
  const key =
    options.ephemeral_key === true
      ? ephemeralKey()
      : keyFromFile(key_file === '' ? join(settings.DEFAULT.state_path, 'identity-key.pem') : key_file);
  const tokens = createTokens({ key, ttl_s: token_ttl, clock });
  const throttle = createThrottle({
    attempts: lockout_failure_attempts,
    longest_s: lockout_duration,
    clock,
  });
  const passwords = createPasswordCheck();
  const directory = () => file.current();

  return {
    router: identityRouter({ directory, tokens, throttle, passwords, endpoints, region, log }),
    door: portalDoor({ directory, tokens, throttle, passwords }),
    async verify(token, allow_expired) {
      const valid = tokens.verify(token, await directory(), allow_expired);
      if (valid === null) return null;
      const { user, scope } = valid;
      return {
        user_id: user.id,
        user_name: user.name,
        user_domain_id: user.domain.id,
        project_id: scope.kind === 'project' ? scope.project.id : null,
        project_name: scope.kind === 'project' ? scope.project.name : null,
        project_domain_id: scope.kind === 'project' ? scope.project.domain.id : null,
        domain_id: scope.kind === 'domain' ? scope.domain.id : null,
        system_scope: scope.kind === 'system',
        roles: valid.roles,
        is_admin_project: true,
        expires_at_ms: valid.expires_at_ms,
      };
    },
  };
}
