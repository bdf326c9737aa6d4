import { expect } from 'chai';
import type { JobKind } from '../../lifecycle/job.ts';
import { transition } from '../../lifecycle/machine.ts';
import { outcomeOfBreak } from '../../lifecycle/reservation.ts';
import { isUnstable, PROVISION_STATES } from '../../lifecycle/states.ts';

const KINDS: readonly JobKind[] = ['deploy', 'clean', 'verify', 'inspect', 'rescue', 'service', 'teardown'];

describe('what a broken reservation leaves behind', () => {
  for (const state of PROVISION_STATES.filter(isUnstable))
    it(`${state}: a state that only a request changes`, () => {
      const node = {
        ...{ reservation: 'c1', provision_state: state, target_provision_state: null },
        ...{ power_state: 'power on' as const, last_error: null },
      };
      for (const kind of KINDS) {
        const { changes, message } = outcomeOfBreak(node, {
          kind,
          steps: null,
          step_index: 0,
          started_at: 1,
        });
        expect(changes.provision_state).to.equal(transition(state, 'fail')?.to);
        expect(isUnstable(changes.provision_state ?? state)).to.equal(false);
        expect(changes.last_error).to.equal(message);
        expect(changes.power_state).to.equal(null);
      }
    });

  it('a power action: the state stays, and the power is to be read', () => {
    const node = {
      ...{ reservation: 'c1', provision_state: 'active' as const, target_provision_state: null },
      ...{ power_state: 'power on' as const, last_error: null },
    };
    const { changes } = outcomeOfBreak(node, { kind: 'power', steps: null, step_index: 0, started_at: 1 });
    expect(changes).to.not.have.property('provision_state');
    expect(changes).to.include({ power_state: null, target_power_state: null });
  });
});
