import { expect } from 'chai';
import { clientEvents } from '../../lifecycle/machine.ts';
import { isPowerTarget, POWER_TARGETS } from '../../lifecycle/power.ts';
import { PROVISION_STATES } from '../../lifecycle/states.ts';
import { isVerb, VERBS, verbsFor } from '../../lifecycle/verbs.ts';

const STRANGE = ['Active', 'done', 'fail', 'toString', 'constructor', '', null, undefined, 0, {}, ['manage']];

describe('verbs', () => {
  it('are recognised by their exact spelling; internal events are none', () => {
    for (const verb of Object.keys(VERBS)) expect(isVerb(verb)).to.equal(true);
    for (const other of STRANGE) expect(isVerb(other)).to.equal(false);
  });

  it('have two spellings for deploy and delete', () => {
    expect(verbsFor(['deploy'])).to.deep.equal(['active', 'deploy']);
    expect(verbsFor(['delete'])).to.deep.equal(['deleted', 'undeploy']);
    expect(verbsFor([])).to.deep.equal([]);
  });

  it('cover every event that a client may raise, and no other', () => {
    const raised = new Set(PROVISION_STATES.flatMap((state) => clientEvents(state)));
    expect([...raised]).to.have.members([...new Set(Object.values(VERBS).map(({ event }) => event))]);
  });
});

describe('power targets', () => {
  it('are recognised by their exact spelling; states that only a BMC reports are none', () => {
    for (const target of Object.keys(POWER_TARGETS)) expect(isPowerTarget(target)).to.equal(true);
    for (const other of [...STRANGE, 'error', 'reboot', 'POWER ON'])
      expect(isPowerTarget(other)).to.equal(false);
  });

  it('came with 1.27 where they are soft', () => {
    for (const { since, soft } of Object.values(POWER_TARGETS)) expect(since).to.equal(soft ? 27 : 1);
  });
});
