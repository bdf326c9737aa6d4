import { expect } from 'chai';
import { Unauthorized } from '../../../../api/http/authenticator.ts';
import {
  type ClosableAuthenticator,
  createAuthenticator,
} from '../../../../api/openstack/auth/create-authenticator.ts';
import { loadSettings } from '../../../../config/load-settings.ts';
import { createLogger } from '../../../../config/logger.ts';
import type { Caller } from '../../../../lifecycle/caller.ts';
import { ServiceError } from '../../../../lifecycle/errors.ts';
import { type KeystoneServer, startKeystone } from '../../../services/keystone.ts';
import type { Account } from '../../../services/keystone-admin.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

/** `[keystone_authtoken]token_cache_time` of the bench. */
export const CACHE_S = 300;
/** For the hooks and tests that start a Keystone: far more than it takes. */
export const START_LIMIT_MS = 180_000;

/** A real Keystone with a project, the service users that a deployment has, and our authenticator before it. */
export interface KeystoneBench extends AsyncDisposable {
  readonly keystone: KeystoneServer;
  readonly project_id: string;
  readonly service_project_id: string;
  /** The user of `[keystone_authtoken]`: role service on the project `service`. */
  readonly validator: Account;
  /** A service with the same role there. */
  readonly nova: Account;
  /** A new user with a role on the project. */
  member(role?: string): Promise<Account>;
  /** A token for the project. */
  token(account: Account): Promise<string>;
  /** A token of nova's. */
  serviceToken(): Promise<string>;
  /** An authenticator as the settings make it, with an empty cache and a clock that starts at Keystone's time. */
  open(): Doorman;
}

/** One authenticator at a test's hand. */
export interface Doorman {
  readonly clock: ManualClock;
  readonly log_lines: string[];
  caller(token: string, service_token?: string): Promise<Caller>;
  close(): Promise<void>;
}

export async function startKeystoneBench(provider: 'fernet' | 'jws'): Promise<KeystoneBench> {
  const keystone = await startKeystone({ provider });
  const { admin } = keystone;
  try {
    const { id: project_id } = await admin.createProject('racks');
    const { id: service_project_id } = await admin.createProject('service');
    const [validator, nova] = [await admin.createUser('kurogane'), await admin.createUser('nova')];
    for (const user of [validator, nova]) {
      await admin.grant(user.id, 'service', { project_id: service_project_id });
    }
    let users = 0;
    return {
      keystone,
      project_id,
      service_project_id,
      validator,
      nova,
      async member(role = 'member') {
        users += 1;
        const account = await admin.createUser(`user-${users}`);
        await admin.grant(account.id, role, { project_id });
        return account;
      },
      token: (account) => admin.token(account, { project_id }),
      serviceToken: () => admin.token(nova, { project_id: service_project_id }),
      open: () => openDoorman(keystone, validator),
      [Symbol.asyncDispose]: () => keystone[Symbol.asyncDispose](),
    };
  } catch (error) {
    await keystone[Symbol.asyncDispose]();
    throw error;
  }
}

function openDoorman(keystone: KeystoneServer, validator: Account): Doorman {
  const clock = manualClock(Date.now());
  const log_lines: string[] = [];
  const authenticator: ClosableAuthenticator = createAuthenticator({
    settings: loadSettings({
      env: {
        KUROGANE_KEYSTONE_AUTHTOKEN__AUTH_URL: keystone.url,
        KUROGANE_KEYSTONE_AUTHTOKEN__USERNAME: validator.name,
        KUROGANE_KEYSTONE_AUTHTOKEN__PASSWORD: validator.password,
        KUROGANE_KEYSTONE_AUTHTOKEN__TOKEN_CACHE_TIME: String(CACHE_S),
        KUROGANE_KEYSTONE_AUTHTOKEN__JWS_PUBLIC_KEY_REPOSITORY: keystone.jws?.public_key_repository ?? '',
      },
    }),
    log: createLogger({ level: 'debug', destination: { write: (line) => log_lines.push(line) } }),
    clock,
  });
  return {
    clock,
    log_lines,
    caller: (token, service_token) =>
      authenticator.authenticate(
        {
          'x-auth-token': token,
          ...(service_token === undefined ? {} : { 'x-service-token': service_token }),
        },
        'req-1',
      ),
    close: () => authenticator.close(),
  };
}

export async function expect401(promise: Promise<Caller>, message?: string): Promise<void> {
  expect(await refusalOf(promise), message).to.be.instanceOf(Unauthorized);
}

export async function expect503(promise: Promise<Caller>): Promise<void> {
  expect(await refusalOf(promise))
    .to.be.instanceOf(ServiceError)
    .with.property('status', 503);
}

async function refusalOf(promise: Promise<Caller>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It was accepted.');
}
