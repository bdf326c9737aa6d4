import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Authenticator } from '../../../../api/http/authenticator.ts';
import { Unauthorized } from '../../../../api/http/authenticator.ts';
import {
  type ClosableAuthenticator,
  createAuthenticator,
} from '../../../../api/openstack/auth/create-authenticator.ts';
import { loadSettings } from '../../../../config/load-settings.ts';
import { createLogger } from '../../../../config/logger.ts';
import { projectRoot } from '../../../../config/project-root.ts';
import { ServiceError } from '../../../../lifecycle/errors.ts';
import { startIdentity } from '../../identity/start-identity.ts';
import { type KeystoneStandIn, projectToken, startKeystoneStandIn } from './keystone-stand-in.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

describe('auth_strategy keystone', () => {
  let clock: ManualClock;
  let keystone: KeystoneStandIn;
  let authenticator: ClosableAuthenticator;
  let log_lines: string[];

  beforeEach(async () => {
    clock = manualClock();
    log_lines = [];
    keystone = await startKeystoneStandIn(clock.now);
    keystone.tokens.set('good', projectToken('alice', ['Member', 'reader'], clock.now() + 3_600_000));
    authenticator = open();
  });

  afterEach(async () => {
    await authenticator.close();
    await keystone[Symbol.asyncDispose]();
  });

  function open(env: Record<string, string> = {}, auth_url = keystone.url): ClosableAuthenticator {
    return createAuthenticator({
      settings: loadSettings({
        env: {
          KUROGANE_KEYSTONE_AUTHTOKEN__AUTH_URL: auth_url,
          KUROGANE_KEYSTONE_AUTHTOKEN__WWW_AUTHENTICATE_URI: 'https://keystone.example/',
          KUROGANE_KEYSTONE_AUTHTOKEN__USERNAME: 'kurogane',
          KUROGANE_KEYSTONE_AUTHTOKEN__PASSWORD: 'kurogane-pw',
          KUROGANE_KEYSTONE_AUTHTOKEN__HTTP_REQUEST_TIMEOUT: '1',
          ...env,
        },
      }),
      log: createLogger({ level: 'debug', destination: { write: (line) => log_lines.push(line) } }),
      clock,
    });
  }

  async function reopen(env: Record<string, string>): Promise<void> {
    await authenticator.close();
    authenticator = open(env);
  }

  const caller = (token: string, service?: string) =>
    authenticator.authenticate(
      { 'x-auth-token': token, ...(service === undefined ? {} : { 'x-service-token': service }) },
      'req-1',
    );

  async function refusalOf(promise: ReturnType<Authenticator['authenticate']>): Promise<unknown> {
    try {
      await promise;
    } catch (error) {
      return error;
    }
    throw new Error('It was accepted.');
  }

  async function expect503(promise: ReturnType<Authenticator['authenticate']>): Promise<void> {
    const error = await refusalOf(promise);
    expect(error).to.be.instanceOf(ServiceError).with.property('status', 503);
  }

  async function expect401(promise: ReturnType<Authenticator['authenticate']>): Promise<void> {
    expect(await refusalOf(promise)).to.be.instanceOf(Unauthorized);
  }

  it('makes a caller of a project token', async () => {
    expect(await caller('good')).to.deep.equal({
      request_id: 'req-1',
      user_id: 'alice',
      user_name: 'alice',
      user_domain_id: 'default',
      project_id: 'p1',
      project_name: 'racks',
      project_domain_id: 'default',
      domain_id: null,
      system_scope: false,
      roles: ['member', 'reader'],
      service_roles: [],
      is_admin_project: true,
      unrestricted: false,
    });
  });

  it('sees system and domain scope', async () => {
    const expires_at = new Date(clock.now() + 1000).toISOString();
    const token = { user: { id: 'root' }, roles: [{ name: 'admin' }], expires_at };
    keystone.tokens.set('system', { token: { ...token, system: { all: true } } });
    keystone.tokens.set('domain', { token: { ...token, domain: { id: 'd1' }, is_admin_project: false } });
    expect(await caller('system')).to.include({ system_scope: true, project_id: null, domain_id: null });
    expect(await caller('domain')).to.include({
      system_scope: false,
      domain_id: 'd1',
      is_admin_project: false,
    });
  });

  it('logs in as the service user of the settings, once', async () => {
    await caller('good');
    await expect401(caller('bad'));
    expect(keystone.logins).to.deep.equal([
      {
        auth: {
          identity: {
            methods: ['password'],
            password: { user: { name: 'kurogane', domain: { name: 'Default' }, password: 'kurogane-pw' } },
          },
          scope: { project: { name: 'service', domain: { name: 'Default' } } },
        },
      },
    ]);
  });

  it('refuses missing, unknown and malformed tokens with the 401 of keystonemiddleware', async () => {
    for (const headers of [
      {},
      { 'x-auth-token': 'bad' },
      { 'x-auth-token': 'a b' },
      { 'x-auth-token': '' },
    ]) {
      const error = await refusalOf(authenticator.authenticate(headers, 'req-1'));
      if (!(error instanceof Unauthorized)) throw error;
      expect(error.challenge).to.equal('Keystone uri="https://keystone.example/"');
      expect(error.body).to.deep.equal({
        error: {
          code: 401,
          title: 'Unauthorized',
          message: 'The request you have made requires authentication.',
        },
      });
    }
    expect(keystone.validations).to.deep.equal(['bad']);
  });

  it('never believes identity headers of the client', async () => {
    const forged = {
      'x-user-id': 'root',
      'x-project-id': 'other',
      'x-roles': 'admin',
      'x-service-roles': 'service',
      'x-identity-status': 'Confirmed',
      'openstack-system-scope': 'all',
    };
    await expect401(authenticator.authenticate(forged, 'req-1'));
    const seen = await authenticator.authenticate({ ...forged, 'x-auth-token': 'good' }, 'req-1');
    expect(seen).to.include({ user_id: 'alice', project_id: 'p1', system_scope: false });
    expect(seen.roles).to.deep.equal(['member', 'reader']);
    expect(seen.service_roles).to.deep.equal([]);
  });

  describe('the cache', () => {
    it('asks once in token_cache_time and sees a revocation after it', async () => {
      await caller('good');
      keystone.tokens.delete('good');
      clock.advance(299);
      await caller('good');
      expect(keystone.validations).to.have.length(1);
      clock.advance(1);
      await expect401(caller('good'));
    });

    it('never believes a token past its end', async () => {
      keystone.tokens.set('short', projectToken('bob', [], clock.now() + 10_000));
      await caller('short');
      clock.advance(10);
      await expect401(caller('short'));
    });

    it('shares one question among look-ups at the same time', async () => {
      const release = keystone.hold();
      const all = Array.from({ length: 50 }, () => caller('good'));
      release();
      await Promise.all(all);
      expect(keystone.validations).to.deep.equal(['good']);
      expect(keystone.logins).to.have.length(1);
    });

    it('forgets the oldest when it is full', async () => {
      await reopen({ KUROGANE_KEYSTONE_AUTHTOKEN__TOKEN_CACHE_SIZE: '2' });
      for (const name of ['t1', 't2', 't3']) {
        keystone.tokens.set(name, projectToken(name, [], clock.now() + 60_000));
        await caller(name);
      }
      await caller('t3');
      await caller('t2');
      await caller('t1');
      expect(keystone.validations).to.deep.equal(['t1', 't2', 't3', 't1']);
    });

    it('is off when token_cache_time is 0', async () => {
      await reopen({ KUROGANE_KEYSTONE_AUTHTOKEN__TOKEN_CACHE_TIME: '0' });
      await caller('good');
      await caller('good');
      expect(keystone.validations).to.have.length(2);
    });

    it('does not keep refusals: a token that becomes valid works at once', async () => {
      await expect401(caller('late'));
      keystone.tokens.set('late', projectToken('eve', [], clock.now() + 60_000));
      expect(await caller('late')).to.include({ user_id: 'eve' });
    });
  });

  describe('when Keystone is not well', () => {
    for (const mood of ['error', 'silent', 'huge', 'redirect', 'nonsense', 'forbidden'] as const) {
      it(`(${mood}) knows cached tokens, answers 503 for others, and recovers`, async () => {
        await caller('good');
        keystone.tokens.set('fresh', projectToken('bob', [], clock.now() + 3_600_000));
        keystone.mood = mood;
        expect(await caller('good')).to.include({ user_id: 'alice' });
        await expect503(caller('fresh'));
        keystone.mood = 'well';
        expect(await caller('fresh')).to.include({ user_id: 'bob' });
      });
    }

    it('lets a cached token go on until it ends, and asks about it every 5 s', async () => {
      await caller('good');
      keystone.mood = 'error';
      clock.advance(300);
      for (let second = 0; second < 10; second += 1) {
        expect(await caller('good')).to.include({ user_id: 'alice' });
        clock.advance(1);
      }
      expect(keystone.validations).to.have.length(3);
      clock.advance(3600 - 310 - 1);
      await caller('good');
      clock.advance(1);
      await expect401(caller('good'));
      await expect401(caller('good'));
    });

    it('sees a revocation at the first question that is answered', async () => {
      await caller('good');
      keystone.mood = 'error';
      clock.advance(300);
      await caller('good');
      keystone.tokens.delete('good');
      keystone.mood = 'well';
      clock.advance(5);
      await expect401(caller('good'));
      keystone.mood = 'error';
      await expect503(caller('good'));
    });

    it('asks with one request, while others with a known token go on', async () => {
      await caller('good');
      keystone.mood = 'error';
      clock.advance(300);
      await caller('good');
      clock.advance(5);
      const release = keystone.hold();
      let answered = false;
      const asking = caller('good').then(() => {
        answered = true;
      });
      await Promise.all([caller('good'), caller('good')]);
      expect(answered).to.equal(false);
      release();
      await asking;
      expect(keystone.validations).to.have.length(3);
    });

    it('lets a cached token go on with a service token too, but none that has ended', async () => {
      keystone.tokens.set('nova', projectToken('nova', ['service'], clock.now() + 3_600_000));
      keystone.tokens.set('old', projectToken('bob', [], clock.now() - 60_000));
      keystone.expired.add('old');
      await caller('good');
      await caller('old', 'nova');
      keystone.mood = 'error';
      expect(await caller('old', 'nova')).to.include({ user_id: 'bob' });
      clock.advance(300);
      expect(await caller('good', 'nova')).to.deep.include({ user_id: 'alice', service_roles: ['service'] });
      await expect503(caller('old', 'nova'));
    });

    it('validates known tokens again in a flood of unknown ones', async () => {
      await caller('good');
      clock.advance(300);
      const release = keystone.hold();
      const flood = Array.from({ length: 256 }, (_, index) => expect401(caller(`flood-${index}`)));
      await expect503(caller('one-too-many'));
      const known = caller('good');
      release();
      expect(await known).to.include({ user_id: 'alice' });
      await Promise.all(flood);
    });

    it('answers 503 when it is gone', async () => {
      await keystone[Symbol.asyncDispose]();
      await expect503(caller('good'));
      keystone = await startKeystoneStandIn(clock.now);
    });

    it('answers 503, not 401, when our own login is refused, and logs in again later', async () => {
      keystone.accepts_login = false;
      await expect503(caller('good'));
      expect(log_lines.join('')).to.contain('[keystone_authtoken]username');
      keystone.accepts_login = true;
      await caller('good');
    });
  });

  it('replaces a kept connection that was cut', async () => {
    keystone.cuts_kept_connections = true;
    for (const name of ['t1', 't2', 't3']) {
      keystone.tokens.set(name, projectToken(name, [], clock.now() + 60_000));
      expect(await caller(name)).to.include({ user_id: name });
    }
    expect(keystone.validations).to.deep.equal(['t1', 't2', 't3']);
  });

  it('names a role once that Keystone repeats', async () => {
    keystone.tokens.set('twice', projectToken('bob', ['admin', 'Member', 'member'], clock.now() + 60_000));
    expect((await caller('twice')).roles).to.deep.equal(['admin', 'member']);
  });

  describe('its own token', () => {
    it('is renewed before it ends', async () => {
      keystone.login_ttl_s = 600;
      await caller('good');
      clock.advance(541);
      await caller('good');
      expect(keystone.logins).to.have.length(2);
    });

    it('is renewed once when Keystone refuses it, whoever asks at the time', async () => {
      await caller('good');
      keystone.forgetLogins();
      for (const name of ['t1', 't2', 't3']) {
        keystone.tokens.set(name, projectToken(name, [], clock.now() + 60_000));
      }
      await Promise.all(['t1', 't2', 't3'].map((name) => caller(name)));
      expect(keystone.logins).to.have.length(2);
    });
  });

  describe('a service token', () => {
    beforeEach(() => {
      const end = clock.now() + 3_600_000;
      keystone.tokens.set('nova', projectToken('nova', ['service', 'admin'], end));
      keystone.tokens.set('other', projectToken('mallory', ['member'], end));
      keystone.tokens.set('old', projectToken('alice', ['member'], clock.now() - 60_000));
      keystone.expired.add('old');
    });

    it('brings its roles', async () => {
      expect((await caller('good', 'nova')).service_roles).to.deep.equal(['service', 'admin']);
    });

    it('lets an expired user token pass, and only it', async () => {
      await expect401(caller('old'));
      expect(await caller('old', 'nova')).to.include({ user_id: 'alice' });
      await expect401(caller('old'));
      await expect401(caller('old', 'other'));
      await expect401(caller('old', 'unknown'));
    });

    it('without a service role is ignored, unless service_token_roles_required is off', async () => {
      expect((await caller('good', 'other')).service_roles).to.deep.equal([]);
      expect((await caller('good', 'unknown')).service_roles).to.deep.equal([]);
      await reopen({ KUROGANE_KEYSTONE_AUTHTOKEN__SERVICE_TOKEN_ROLES_REQUIRED: 'false' });
      expect((await caller('good', 'other')).service_roles).to.deep.equal(['member']);
      expect(await caller('old', 'other')).to.include({ user_id: 'alice' });
    });

    it('alone is no login', async () => {
      await expect401(authenticator.authenticate({ 'x-service-token': 'nova' }, 'req-1'));
    });
  });

  it('writes no token and no password into the log', async () => {
    await caller('good');
    await expect401(caller('some-secret-token'));
    keystone.mood = 'error';
    await expect503(caller('another-secret-token'));
    expect(log_lines.join('')).not.to.match(/secret-token|service-token-\d|kurogane-pw/);
  });

  it('says which setting is missing or wrong', () => {
    for (const key of ['AUTH_URL', 'USERNAME', 'PASSWORD']) {
      expect(() => open({ [`KUROGANE_KEYSTONE_AUTHTOKEN__${key}`]: '' })).to.throw(key.toLowerCase());
    }
    expect(() => open({}, 'ftp://x')).to.throw('http or https');
    expect(() => open({}, 'http://u:hunter2@x'))
      .to.throw('no credentials')
      .with.property('message')
      .that.does.not.contain('hunter2');
  });

  it('verifies the certificate of Keystone: unknown authorities are 503, those in cafile are trusted', async () => {
    const folder = join(projectRoot, 'spec/fixtures/tls');
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    await using tls = await startKeystoneStandIn(clock.now, {
      cert: read('server.pem'),
      key: read('server-key.pem'),
    });
    tls.tokens.set('good', projectToken('alice', [], clock.now() + 60_000));
    const distrustful = open({}, tls.url);
    const trusting = open({ KUROGANE_KEYSTONE_AUTHTOKEN__CAFILE: join(folder, 'ca.pem') }, tls.url);
    try {
      await expect503(distrustful.authenticate({ 'x-auth-token': 'good' }, 'req-1'));
      expect(tls.logins).to.deep.equal([]);
      expect(await trusting.authenticate({ 'x-auth-token': 'good' }, 'req-1')).to.include({
        user_id: 'alice',
      });
    } finally {
      await Promise.all([distrustful.close(), trusting.close()]);
    }
  });

  it('works against the identity service of our own over HTTP, with /v3 in auth_url too', async () => {
    await using identity = await startIdentity(clock);
    for (const auth_url of [identity.url, `${identity.url}/v3/`]) {
      const outside = open({}, auth_url);
      try {
        const answer = await fetch(`${identity.url}/v3/auth/tokens`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            auth: {
              identity: {
                methods: ['password'],
                password: {
                  user: { name: 'operator', domain: { id: 'default' }, password: 'operator-pw' },
                },
              },
              scope: { system: { all: true } },
            },
          }),
        });
        const token = answer.headers.get('x-subject-token') ?? '';
        const seen = await outside.authenticate({ 'x-auth-token': token }, 'req-1');
        expect(seen).to.include({ user_name: 'operator', system_scope: true, project_id: null });
        expect(seen.roles).to.include.members(['admin', 'manager', 'member', 'reader']);
        const same = await identity.identity.verify(token, false);
        expect(same?.user_id).to.equal(seen.user_id);
      } finally {
        await outside.close();
      }
    }
  });
});
