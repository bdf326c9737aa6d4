import { createSecretKey, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { admit, type PortalDoor } from '../../../api/portal/admit.ts';
import {
  cookieIn,
  cookieName,
  createSessionSeal,
  type PortalSession,
  setCookie,
} from '../../../api/portal/session-cookie.ts';
import { manualClock } from '../openstack/auth/manual-clock.ts';

const newKey = () => createSecretKey(randomBytes(32));
const session: PortalSession = {
  token: 'secret-token',
  base: 'secret-base',
  user: 'mika',
  project: { id: 'p1', name: 'team' },
  system: false,
  roles: ['member'],
  expires_at_ms: 10_000,
};

describe("the portal's cookie", () => {
  it('is opened by every process with its key, also after a newer key came, and shows nothing of the token', () => {
    const old = newKey();
    const value = createSessionSeal([old]).seal(session);
    expect(createSessionSeal([newKey(), old]).open(value, 9999)).to.deep.equal(session);
    expect(Buffer.from(value, 'base64url').includes('secret')).to.equal(false);
  });

  it('is nothing when it is over, changed, cut, of another key, or not ours', () => {
    const seal = createSessionSeal([newKey()]);
    const value = seal.seal(session);
    const changed = (value[20] === 'A' ? 'B' : 'A') + value.slice(21);
    for (const [wrong, now_ms] of [
      [value, 10_000],
      [value.slice(0, 20) + changed, 0],
      [value.slice(0, -8), 0],
      [createSessionSeal([newKey()]).seal(session), 0],
      ['', 0],
      ['?'.repeat(5000), 0],
    ] as const)
      expect(seal.open(wrong, now_ms)).to.equal(null);
  });

  it('cannot be read by scripts, goes to no other site, and with TLS only over TLS', () => {
    expect(setCookie('v', { secure: true, max_age_s: 60 })).to.equal(
      '__Host-kurogane-portal=v; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=60',
    );
    expect(setCookie('', { secure: false, max_age_s: 60 })).to.equal(
      'kurogane-portal=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
    );
  });

  it('is found among others, and not when it is there twice', () => {
    expect(cookieIn('a=1; kurogane-portal=x; b=2', false)).to.equal('x');
    expect(cookieIn('kurogane-portal=x; kurogane-portal=y', false)).to.equal(null);
    expect(cookieIn('kurogane-portal=x', true)).to.equal(null);
    expect(cookieIn(undefined, false)).to.equal(null);
  });
});

describe('admit', () => {
  const seal = createSessionSeal([newKey()]);
  const door: PortalDoor = {
    seal,
    clock: manualClock(),
    secure: false,
    origins: ['https://cloud.example.org'],
  };
  const cookie = `${cookieName(false)}=${seal.seal({ ...session, expires_at_ms: Number.MAX_SAFE_INTEGER })}`;
  const ours = { host: 'api.example.org', cookie, 'x-kurogane-portal': '1' };

  /** X-Auth-Token that an API sees. */
  function seen(url: string, headers: Record<string, string>): string | undefined {
    const request = { url, headers: { ...headers } } as unknown as IncomingMessage;
    admit(request, door);
    return request.headers['x-auth-token'] as string | undefined;
  }

  for (const [what, url, headers, token] of [
    ['lets a page of ours in', '/v1/nodes', ours, 'secret-token'],
    [
      'lets it in to the life-cycle API',
      '/lifecycle/v1/servers',
      { ...ours, 'sec-fetch-site': 'same-origin' },
      'secret-token',
    ],
    [
      'knows the public address',
      '/v1/nodes',
      { ...ours, origin: 'https://cloud.example.org' },
      'secret-token',
    ],
    ['knows its own host', '/v1/nodes', { ...ours, origin: 'http://api.example.org' }, 'secret-token'],
    ['takes no cookie without the header', '/v1/nodes', { host: ours.host, cookie }, undefined],
    ['takes none from another site', '/v1/nodes', { ...ours, 'sec-fetch-site': 'cross-site' }, undefined],
    ['takes none from a sister', '/v1/nodes', { ...ours, 'sec-fetch-site': 'same-site' }, undefined],
    ['takes none from another origin', '/v1/nodes', { ...ours, origin: 'https://evil.example' }, undefined],
    ['takes none from nowhere', '/v1/nodes', { ...ours, origin: 'null' }, undefined],
    ['gives the identity service no token', '/identity/v3/auth/tokens', ours, undefined],
    ['leaves a token of its own alone', '/v1/nodes', { ...ours, 'x-auth-token': 'own' }, 'own'],
  ] as const)
    it(what, () => {
      expect(seen(url, headers)).to.equal(token);
    });
});
