import { hashSync } from 'bcryptjs';
import { expect } from 'chai';
import {
  createPasswordCheck,
  highestCost,
  isPasswordHash,
} from '../../../../api/openstack/auth/password-check.ts';
import { ServiceError } from '../../../../lifecycle/errors.ts';

describe('createPasswordCheck', () => {
  const hash = hashSync('right', 4);

  it('tells right from wrong, also when asked again', async () => {
    const check = createPasswordCheck();
    for (let i = 0; i < 3; i++) {
      expect(await check.matches('right', hash, 4)).to.equal(true);
      expect(await check.matches('wrong', hash, 4)).to.equal(false);
      expect(await check.matches('right', null, 4)).to.equal(false);
    }
  });

  it('remembers the password with its hash, not by itself', async () => {
    const check = createPasswordCheck();
    await check.matches('right', hash, 4);
    expect(await check.matches('right', hashSync('other', 4), 4)).to.equal(false);
  });

  it('refuses to queue without end, and goes on afterwards', async () => {
    const check = createPasswordCheck();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) => check.matches(`guess-${i}`, hash, 4)),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).to.have.length(200 - 66);
    for (const { reason } of refused)
      expect(reason).to.be.instanceOf(ServiceError).with.property('status', 503);
    expect(await check.matches('right', hash, 4)).to.equal(true);
  });

  it('knows bcrypt hashes of a bearable cost', () => {
    expect(isPasswordHash(hash)).to.equal(true);
    for (const text of [
      '',
      'plain',
      hash.slice(1),
      `${hash}x`,
      hash.replace('$04$', '$20$'),
      hash.replace('$2b', '$2x'),
    ]) {
      expect(isPasswordHash(text), text).to.equal(false);
    }
    expect(highestCost([hash, hashSync('x', 5)])).to.equal(5);
    expect(highestCost([])).to.equal(12);
  });
});
