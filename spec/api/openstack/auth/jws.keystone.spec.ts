import { createHmac, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import jsonwebtoken, { type JwtPayload } from 'jsonwebtoken';
import type { JwsKeys } from '../../../services/keystone.ts';
import {
  CACHE_S,
  type Doorman,
  expect401,
  expect503,
  type KeystoneBench,
  START_LIMIT_MS,
  startKeystoneBench,
} from './keystone-bench.ts';

describe('JWS tokens of a real Keystone', function () {
  this.timeout(START_LIMIT_MS);
  let bench: KeystoneBench;
  let keys: JwsKeys;
  let doorman: Doorman;

  before(async () => {
    bench = await startKeystoneBench('jws');
    if (bench.keystone.jws === null) throw new Error('Keystone was started without JWS keys.');
    keys = bench.keystone.jws;
  });

  after(() => bench?.[Symbol.asyncDispose]());

  beforeEach(() => {
    doorman = bench.open();
  });

  afterEach(() => doorman.close());

  /** A token as Keystone itself would sign it. */
  const sign = (payload: object, key = keys.private_key): string =>
    jsonwebtoken.sign(payload, key, { algorithm: 'ES256' });

  it('make callers', async () => {
    const alice = await bench.member('manager');
    const token = await bench.token(alice);
    expect(jsonwebtoken.decode(token, { complete: true })?.header).to.include({ alg: 'ES256' });
    const seen = await doorman.caller(token, await bench.serviceToken());
    expect(seen).to.deep.include({
      user_id: alice.id,
      project_id: bench.project_id,
      service_roles: ['service'],
    });
    expect(seen.roles).to.have.members(['manager', 'member', 'reader']);
    const { admin } = bench.keystone;
    const system = await doorman.caller(await admin.token(admin.account, 'system'));
    expect(system).to.include({ user_name: 'admin', system_scope: true, project_id: null });
  });

  it('are refused before Keystone is asked when forged, and only then', async () => {
    const genuine = await bench.token(await bench.member());
    const payload = payloadOf(genuine);
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const public_pem = readFileSync(join(keys.public_key_repository, 'public.pem'), 'utf8');
    const [header, body, signature] = genuine.split('.');
    const more = base64url({ ...payload, openstack_system: 'all' });
    const hs256 = base64url({ alg: 'HS256', typ: 'JWT' });
    const mac = createHmac('sha256', public_pem).update(`${hs256}.${body}`).digest('base64url');
    const forged = {
      'another key': sign(payload, stranger.export({ type: 'pkcs8', format: 'pem' }).toString()),
      'no signature': jsonwebtoken.sign(payload, '', { algorithm: 'none' }),
      'the public key as a shared secret': `${hs256}.${body}.${mac}`,
      'another content': `${header}.${more}.${signature}`,
      'a signature cut short': genuine.slice(0, -4),
      'no token at all': 'a.b.c',
      'a token that has ended': sign({ ...payload, exp: Math.floor(doorman.clock.now() / 1000) }),
    };
    // Away, Keystone cannot have been asked: a token that passes the check is 503.
    await bench.keystone.stop();
    try {
      for (const [name, token] of Object.entries(forged)) await expect401(doorman.caller(token), name);
      await expect503(doorman.caller(genuine));
    } finally {
      await bench.keystone.start();
    }
    await doorman.caller(genuine);
  });

  it('are refused by Keystone when well signed but pointless or revoked', async () => {
    const token = await bench.token(await bench.member());
    const payload = payloadOf(token);
    await expect401(doorman.caller(sign({ ...payload, sub: 'f'.repeat(32) })));
    await expect401(doorman.caller(sign({ ...payload, openstack_project_id: bench.service_project_id })));
    await doorman.caller(token);
    await bench.keystone.admin.revoke(token);
    doorman.clock.advance(CACHE_S);
    await expect401(doorman.caller(token));
  });

  it('pass after their end with a service token beside them, and only then', async () => {
    const ivan = await bench.member();
    const now_s = Math.floor(doorman.clock.now() / 1000);
    const ended = sign({
      ...payloadOf(await bench.token(ivan)),
      iat: now_s - 7200,
      exp: now_s - 3600,
    });
    await expect401(doorman.caller(ended));
    expect(await doorman.caller(ended, await bench.serviceToken())).to.include({
      user_id: ivan.id,
      project_id: bench.project_id,
    });
    await expect401(doorman.caller(ended));
    await expect401(doorman.caller(ended, await bench.token(await bench.member())));
  });
});

function payloadOf(token: string): JwtPayload {
  const payload = jsonwebtoken.decode(token, { json: true });
  if (payload === null) throw new Error('Keystone gave no JWS token.');
  return payload;
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
