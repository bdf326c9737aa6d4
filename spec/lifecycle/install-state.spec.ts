import { expect } from 'chai';
import { installState } from '../../lifecycle/install-state.ts';
import { PROVISION_STATES } from '../../lifecycle/states.ts';

describe('S55 installState', () => {
  const of = (provision_state: (typeof PROVISION_STATES)[number], install_failed_at: number | null = null) =>
    installState({ provision_state, install_failed_at });

  it('is the view of the provision states', () => {
    expect(of('deploying')).to.equal('DEPLOY_START');
    expect(of('wait call-back')).to.equal('DEPLOYING');
    expect(of('active')).to.equal('INSTALLED');
    expect(of('deploy failed')).to.equal('UNRECOVERABLE_ERROR');
    const none = PROVISION_STATES.filter((state) => of(state) === null);
    expect(none).to.include.members(['available', 'manageable', 'enroll', 'cleaning', 'deleting']);
  });
  it('believes a system that says that its installation failed, once the deploy is over', () => {
    expect(of('active', 1)).to.equal('UNRECOVERABLE_ERROR');
    expect(of('wait call-back', 1)).to.equal('DEPLOYING');
    expect(of('available', 1)).to.equal(null);
  });
});
