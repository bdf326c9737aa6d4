import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import jsonwebtoken from 'jsonwebtoken';
import { Unauthorized } from '../../../../api/http/authenticator.ts';
import {
  type ClosableAuthenticator,
  createAuthenticator,
} from '../../../../api/openstack/auth/create-authenticator.ts';
import { loadSettings } from '../../../../config/load-settings.ts';
import { createLogger } from '../../../../config/logger.ts';
import { type KeystoneStandIn, projectToken, startKeystoneStandIn } from './keystone-stand-in.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

describe('the signature check of JWS tokens', () => {
  let clock: ManualClock;
  let keystone: KeystoneStandIn;
  let folder: string;
  let key: ReturnType<typeof pair>;
  let authenticator: ClosableAuthenticator | null;
  let log_lines: string[];

  beforeEach(async () => {
    clock = manualClock();
    keystone = await startKeystoneStandIn(clock.now);
    folder = mkdtempSync(join(tmpdir(), 'kurogane-jws-'));
    key = pair();
    write('one.pem', key.publicKey);
    authenticator = null;
    log_lines = [];
  });

  afterEach(async () => {
    await authenticator?.close();
    await keystone[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  function write(name: string, content: KeyObject | string): void {
    const pem =
      typeof content === 'string' ? content : content.export({ type: 'spki', format: 'pem' }).toString();
    writeFileSync(join(folder, name), pem);
  }

  function open(): ClosableAuthenticator {
    authenticator = createAuthenticator({
      settings: loadSettings({
        env: {
          KUROGANE_KEYSTONE_AUTHTOKEN__AUTH_URL: keystone.url,
          KUROGANE_KEYSTONE_AUTHTOKEN__USERNAME: 'kurogane',
          KUROGANE_KEYSTONE_AUTHTOKEN__PASSWORD: 'kurogane-pw',
          KUROGANE_KEYSTONE_AUTHTOKEN__JWS_PUBLIC_KEY_REPOSITORY: folder,
        },
      }),
      log: createLogger({ level: 'debug', destination: { write: (line) => log_lines.push(line) } }),
      clock,
    });
    return authenticator;
  }

  const caller = (token: string, service?: string) =>
    (authenticator ?? open()).authenticate(
      { 'x-auth-token': token, ...(service === undefined ? {} : { 'x-service-token': service }) },
      'req-1',
    );

  async function expect401(token: string, service?: string): Promise<void> {
    let error: unknown;
    await caller(token, service).catch((reason: unknown) => {
      error = reason;
    });
    expect(error).to.be.instanceOf(Unauthorized);
  }

  /** A token that Keystone knows, signed with a key. */
  function issue(signer: ReturnType<typeof pair>, user: string): string {
    const exp = Math.floor(clock.now() / 1000) + 3600;
    const token = jsonwebtoken.sign({ sub: user, exp }, signer.privateKey, { algorithm: 'ES256' });
    keystone.tokens.set(token, projectToken(user, [], clock.now() + 3_600_000));
    return token;
  }

  it('keeps forged tokens from Keystone, and nothing else', async () => {
    const [genuine, forged] = [issue(key, 'alice'), issue(pair(), 'mallory')];
    keystone.tokens.set('gAAAAABfernet', projectToken('bob', [], clock.now() + 3_600_000));
    await expect401(forged);
    await expect401('not.a.token');
    expect(keystone.validations).to.deep.equal([]);
    expect(keystone.logins).to.deep.equal([]);
    expect(await caller(genuine)).to.include({ user_id: 'alice' });
    expect(await caller('gAAAAABfernet')).to.include({ user_id: 'bob' });
  });

  it('is no weaker beside a service token, with which ended tokens count', async () => {
    keystone.tokens.set('nova', projectToken('nova', ['service'], clock.now() + 7_200_000));
    const [ended, forged] = [issue(key, 'alice'), issue(pair(), 'mallory')];
    clock.advance(3600);
    keystone.expired.add(ended);
    await expect401(ended);
    await expect401(forged, 'nova');
    expect(keystone.validations).to.deep.equal(['nova']);
    expect(await caller(ended, 'nova')).to.include({ user_id: 'alice' });
  });

  it('refuses other algorithms, whatever key they are made with', async () => {
    const exp = Math.floor(clock.now() / 1000) + 3600;
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    await expect401(jsonwebtoken.sign({ sub: 'a', exp }, '', { algorithm: 'none' }));
    await expect401(jsonwebtoken.sign({ sub: 'a', exp }, rsa, { algorithm: 'RS256' }));
    await expect401(jsonwebtoken.sign({ sub: 'a' }, key.privateKey, { algorithm: 'ES256' }));
    expect(keystone.validations).to.deep.equal([]);
  });

  it('takes any of several keys, and sees keys come and go', async () => {
    const other = pair();
    const [early, late] = [issue(other, 'early'), issue(other, 'late')];
    await expect401(early);
    write('two.pem', other.publicKey);
    clock.advance(1);
    expect(await caller(early)).to.include({ user_id: 'early' });
    expect(await caller(issue(key, 'alice'))).to.include({ user_id: 'alice' });
    rmSync(join(folder, 'two.pem'));
    clock.advance(1);
    await expect401(late);
    expect(await caller(issue(key, 'bob'))).to.include({ user_id: 'bob' });
  });

  it('keeps its keys, and says so, when the folder becomes unusable', async () => {
    open();
    write('two.pem', 'no key');
    clock.advance(1);
    expect(await caller(issue(key, 'alice'))).to.include({ user_id: 'alice' });
    expect(log_lines.join('')).to.contain('two.pem holds no public key');
    rmSync(folder, { recursive: true });
    clock.advance(1);
    expect(await caller(issue(key, 'bob'))).to.include({ user_id: 'bob' });
    mkdirSync(folder);
  });

  it('stops the start when there is no key, or something else than public P-256 keys', () => {
    write('.hidden', 'is skipped');
    const wrong: Record<string, [content: string, message: string]> = {
      'text.pem': ['hello', 'text.pem holds no public key'],
      'private.pem': [
        key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        'private.pem holds a private key',
      ],
      'curve.pem': [
        generateKeyPairSync('ec', { namedCurve: 'P-384' })
          .publicKey.export({ type: 'spki', format: 'pem' })
          .toString(),
        'curve.pem is no P-256 key',
      ],
    };
    for (const [name, [content, message]] of Object.entries(wrong)) {
      write(name, content);
      expect(open).to.throw(message);
      rmSync(join(folder, name));
    }
    rmSync(join(folder, 'one.pem'));
    expect(open).to.throw('holds no key');
    rmSync(folder, { recursive: true });
    expect(open).to.throw('ENOENT');
    mkdirSync(folder);
  });
});
