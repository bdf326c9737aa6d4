import { expect } from 'chai';
import type { Account } from '../../../services/keystone-admin.ts';
import {
  CACHE_S,
  type Doorman,
  expect401,
  expect503,
  type KeystoneBench,
  START_LIMIT_MS,
  startKeystoneBench,
} from './keystone-bench.ts';

describe('Fernet tokens of a real Keystone', function () {
  this.timeout(START_LIMIT_MS);
  let bench: KeystoneBench;
  let doorman: Doorman;

  before(async () => {
    bench = await startKeystoneBench('fernet');
  });

  after(() => bench?.[Symbol.asyncDispose]());

  beforeEach(() => {
    doorman = bench.open();
  });

  afterEach(() => doorman.close());

  describe('make callers', () => {
    it('of project scope, with the implied roles', async () => {
      const alice = await bench.member('manager');
      const token = await bench.token(alice);
      expect(token).to.match(/^gAAAAA[\w=-]+$/);
      const seen = await doorman.caller(token);
      expect(seen).to.deep.include({
        user_id: alice.id,
        user_name: alice.name,
        user_domain_id: 'default',
        project_id: bench.project_id,
        project_name: 'racks',
        project_domain_id: 'default',
        system_scope: false,
        domain_id: null,
        service_roles: [],
        unrestricted: false,
      });
      expect(seen.roles).to.have.members(['manager', 'member', 'reader']);
    });

    it('of system scope', async () => {
      const { admin } = bench.keystone;
      const seen = await doorman.caller(await admin.token(admin.account, 'system'));
      expect(seen).to.include({ user_name: 'admin', system_scope: true, project_id: null });
      expect(seen.roles).to.have.members(['admin', 'manager', 'member', 'reader']);
    });

    it('without scope and roles', async () => {
      const bob = await bench.member();
      const seen = await doorman.caller(await bench.keystone.admin.token(bob, 'unscoped'));
      expect(seen).to.deep.include({ user_id: bob.id, project_id: null, system_scope: false, roles: [] });
    });

    it('of application credentials, with no more than their roles', async () => {
      const { admin } = bench.keystone;
      const carol = await bench.member('manager');
      const all = await admin.createApplicationCredential(carol, bench.project_id);
      const some = await admin.createApplicationCredential(carol, bench.project_id, ['reader']);
      const seen = await doorman.caller(await admin.applicationCredentialToken(all));
      expect(seen).to.include({ user_id: carol.id, project_id: bench.project_id });
      expect(seen.roles).to.include.members(['manager', 'member', 'reader']);
      const less = await doorman.caller(await admin.applicationCredentialToken(some));
      expect(less.roles).to.deep.equal(['reader']);
    });

    it('with the roles of a service token, if it has a service role', async () => {
      const dave = await bench.token(await bench.member());
      const other = await bench.token(await bench.member());
      const helped = await doorman.caller(dave, await bench.serviceToken());
      expect(helped.service_roles).to.deep.equal(['service']);
      expect((await doorman.caller(dave, other)).service_roles).to.deep.equal([]);
    });
  });

  it('are refused when unknown, tampered with or of a user switched off', async () => {
    const erin = await bench.member();
    const token = await bench.token(erin);
    const at = token.length - 20;
    const tampered = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
    for (const wrong of ['nonsense', `gAAAAAB${'x'.repeat(180)}`, tampered]) {
      await expect401(doorman.caller(wrong));
    }
    await bench.keystone.admin.disableUser(erin.id);
    await expect401(doorman.caller(token));
  });

  describe('that are taken away are refused within the life of the cache:', () => {
    const WAYS: Record<string, (account: Account, token: string) => Promise<void>> = {
      'the token revoked': (_account, token) => bench.keystone.admin.revoke(token),
      'the role withdrawn': ({ id }) =>
        bench.keystone.admin.withdraw(id, 'member', { project_id: bench.project_id }),
      'the user switched off': ({ id }) => bench.keystone.admin.disableUser(id),
    };
    for (const [name, takeAway] of Object.entries(WAYS)) {
      it(name, async () => {
        const frank = await bench.member();
        const token = await bench.token(frank);
        await doorman.caller(token);
        await takeAway(frank, token);
        doorman.clock.advance(CACHE_S - 1);
        expect(await doorman.caller(token)).to.include({ user_id: frank.id });
        doorman.clock.advance(1);
        await expect401(doorman.caller(token));
      });
    }

    it('the application credential deleted', async () => {
      const { admin } = bench.keystone;
      const grace = await bench.member();
      const credential = await admin.createApplicationCredential(grace, bench.project_id);
      const token = await admin.applicationCredentialToken(credential);
      await doorman.caller(token);
      await admin.deleteApplicationCredential(grace, bench.project_id, credential.id);
      doorman.clock.advance(CACHE_S);
      await expect401(doorman.caller(token));
    });
  });

  it('that were cached work until they end while Keystone is away, others get 503, and it recovers', async () => {
    const heidi = await bench.member();
    const [cached, fresh] = [await bench.token(heidi), await bench.token(await bench.member())];
    await doorman.caller(cached);
    await bench.keystone.kill();
    try {
      for (const later_s of [CACHE_S, 1000, 2000]) {
        doorman.clock.advance(later_s);
        expect(await doorman.caller(cached)).to.include({ user_id: heidi.id });
        await expect503(doorman.caller(fresh));
        await expect503(doorman.caller('nonsense'));
      }
    } finally {
      await bench.keystone.start();
    }
    expect(await doorman.caller(fresh)).to.include({ project_id: bench.project_id });
    // Keystone's tokens live for an hour.
    doorman.clock.advance(3600);
    await expect401(doorman.caller(cached));

    const log = doorman.log_lines.join('');
    expect(log).to.contain('the identity service does not answer');
    for (const secret of [cached, fresh, bench.validator.password]) expect(log).not.to.contain(secret);
  });

  it('that were revoked before Keystone went away are refused as soon as it answers again', async () => {
    const [revoked, kept] = [
      await bench.token(await bench.member()),
      await bench.token(await bench.member()),
    ];
    await Promise.all([doorman.caller(revoked), doorman.caller(kept)]);
    await bench.keystone.admin.revoke(revoked);
    await bench.keystone.stop();
    try {
      doorman.clock.advance(CACHE_S);
      await Promise.all([doorman.caller(revoked), doorman.caller(kept)]);
    } finally {
      await bench.keystone.start();
    }
    doorman.clock.advance(5);
    await expect401(doorman.caller(revoked));
    await doorman.caller(kept);
  });
});
