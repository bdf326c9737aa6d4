import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import jsonwebtoken from 'jsonwebtoken';
import { type Directory, parseDirectory } from '../../../api/identity/directory.ts';
import type { Scope } from '../../../api/identity/scopes.ts';
import { ephemeralKey } from '../../../api/identity/signing-key.ts';
import { createTokens } from '../../../api/identity/tokens.ts';
import { manualClock } from '../openstack/auth/manual-clock.ts';
import { USERS } from './start-identity.ts';

describe('createTokens', () => {
  const directory = parseDirectory(JSON.stringify(USERS));
  const racks: Scope = { kind: 'project', project: project(directory, 'racks') };

  function project({ projects }: Directory, id: string) {
    const found = projects.get(id);
    if (found === undefined) throw new Error(`no project ${id}`);
    return found;
  }

  function user(name: string) {
    const found = [...directory.users.values()].find((each) => each.name === name);
    if (found === undefined) throw new Error(`no user ${name}`);
    return found;
  }

  function make() {
    const clock = manualClock();
    const key = ephemeralKey();
    return { clock, key, tokens: createTokens({ key, ttl_s: 3600, clock }) };
  }

  it('issues ES256 tokens that verify, with implied roles', () => {
    const { tokens } = make();
    const { token } = tokens.issue({ user: user('tenant'), scope: racks, methods: ['password'] });
    const [header] = token.split('.');
    expect(JSON.parse(Buffer.from(header ?? '', 'base64url').toString())).to.deep.equal({
      alg: 'ES256',
      typ: 'JWT',
    });
    expect(tokens.verify(token, directory)).to.deep.include({
      user: user('tenant'),
      scope: racks,
      roles: ['manager', 'member', 'reader'],
    });
  });

  it('keeps the scope, of every kind', () => {
    const { tokens } = make();
    const domain = directory.domains.get('default');
    if (domain === undefined) throw new Error('no domain');
    const scopes: Scope[] = [{ kind: 'unscoped' }, racks, { kind: 'system' }];
    for (const scope of scopes) {
      const { token } = tokens.issue({ user: user('operator'), scope, methods: ['password'] });
      expect(tokens.verify(token, directory)?.scope).to.deep.equal(scope);
    }
    // Nobody has a role on a domain: such a token is worth nothing.
    const { token } = tokens.issue({
      user: user('operator'),
      scope: { kind: 'domain', domain },
      methods: [],
    });
    expect(tokens.verify(token, directory)).to.equal(null);
  });

  it('ends tokens on time; services may use them 48 hours longer', () => {
    const { tokens, clock } = make();
    const { token } = tokens.issue({ user: user('tenant'), scope: racks, methods: ['password'] });
    clock.advance(3599);
    expect(tokens.verify(token, directory)).not.to.equal(null);
    clock.advance(1);
    expect(tokens.verify(token, directory)).to.equal(null);
    expect(tokens.verify(token, directory, true)).not.to.equal(null);
    clock.advance(48 * 3600);
    expect(tokens.verify(token, directory, true)).to.equal(null);
  });

  it('gives a rescoped token the end of its parent, and ends it with it', () => {
    const { tokens, clock } = make();
    const parent = tokens.issue({ user: user('operator'), scope: { kind: 'system' }, methods: ['password'] });
    clock.advance(1000);
    const child = tokens.issue({
      user: user('operator'),
      scope: racks,
      methods: ['token', 'password'],
      parent: parent.valid,
    });
    expect(child.valid.expires_at_ms).to.equal(parent.valid.expires_at_ms);
    tokens.revoke(parent.valid);
    expect(tokens.verify(parent.token, directory)).to.equal(null);
    expect(tokens.verify(child.token, directory)).to.equal(null);
  });

  it('revokes one token and no other', () => {
    const { tokens } = make();
    const [one, two] = [1, 2].map(() =>
      tokens.issue({ user: user('tenant'), scope: racks, methods: ['password'] }),
    );
    if (one === undefined || two === undefined) throw new Error('unreachable');
    tokens.revoke(one.valid);
    expect(tokens.verify(one.token, directory)).to.equal(null);
    expect(tokens.verify(one.token, directory, true)).to.equal(null);
    expect(tokens.verify(two.token, directory)).not.to.equal(null);
  });

  it('never forgets a revocation when there are very many', () => {
    const { tokens, clock } = make();
    const first = tokens.issue({ user: user('tenant'), scope: racks, methods: ['password'] });
    tokens.revoke(first.valid);
    for (let i = 0; i < 10_000; i++) tokens.revoke({ ...first.valid, audit_ids: [`id-${i}`] });
    const last = tokens.issue({ user: user('operator'), scope: racks, methods: ['password'] });
    tokens.revoke(last.valid);
    expect(tokens.verify(first.token, directory)).to.equal(null);
    expect(tokens.verify(last.token, directory)).to.equal(null);
    clock.advance(1);
    const later = tokens.issue({ user: user('operator'), scope: racks, methods: ['password'] });
    expect(tokens.verify(later.token, directory)).not.to.equal(null);
  });

  it('refuses forgeries: other keys, no algorithm, the public key as an HMAC secret, changed claims', () => {
    const { tokens, key } = make();
    const { token } = tokens.issue({ user: user('tenant'), scope: racks, methods: ['password'] });
    const [header = '', payload = '', signature = ''] = token.split('.');
    const claims = jsonwebtoken.decode(token) as object;
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const pem = key.public_key.export({ type: 'spki', format: 'pem' });
    const hmac_input = `${part({ alg: 'HS256', typ: 'JWT' })}.${payload}`;
    const root = part({ ...claims, sub: user('operator').id });
    for (const forged of [
      jsonwebtoken.sign(claims, ephemeralKey().private_key, { algorithm: 'ES256' }),
      `${part({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      `${hmac_input}.${createHmac('sha256', pem).update(hmac_input).digest('base64url')}`,
      `${header}.${root}.${signature}`,
      `${header}.${payload}`,
      jsonwebtoken.sign({ sub: user('operator').id }, key.private_key, { algorithm: 'ES256' }),
      '',
      'x.y.z',
    ]) {
      expect(tokens.verify(forged, directory), forged).to.equal(null);
    }
  });

  it('is worth nothing once the user, the project or the role is gone', () => {
    const { tokens } = make();
    const { token } = tokens.issue({ user: user('tenant'), scope: racks, methods: ['password'] });
    const without = (change: (file: typeof USERS) => object) => parseDirectory(JSON.stringify(change(USERS)));
    const no_user = without((file) => ({ ...file, users: [] }));
    const no_role = without((file) => ({
      ...file,
      users: file.users.map((each) => ({ ...each, roles: [] })),
    }));
    expect(tokens.verify(token, no_user)).to.equal(null);
    expect(tokens.verify(token, no_role)).to.equal(null);
    expect(tokens.verify(token, directory)).not.to.equal(null);
  });
});
