import { expect } from 'chai';
import { createPolicy } from '../../../../api/openstack/policy/create-policy.ts';
import { RULES } from '../../../../api/openstack/policy/rules.ts';
import { loadSettings } from '../../../../config/load-settings.ts';
import { CALLERS } from './policy-callers.ts';
import { MAY, mayPass, readRuleFacts } from './who-may.ts';

const TARGET = {
  'node.owner': 'project-owner',
  'node.lessee': 'project-lessee',
  'allocation.owner': 'project-owner',
  'runbook.owner': 'project-owner',
};
/** The personas for which being in the service project is what lets `service_project` in. */
const ONLY_WHEN_ELEVATED = Object.keys(MAY).filter(
  (who) => !['ANY_ADMIN_OR_SERVICE', 'API_READER', 'ANYONE'].includes(who) && !who.startsWith('RUNBOOK'),
);

describe('the rules of the access policy', () => {
  const facts = readRuleFacts();
  const env = { KUROGANE_DEFAULT__RBAC_SERVICE_ROLE_ELEVATED_ACCESS: 'true' };
  const elevated = createPolicy({ settings: loadSettings({ env }) });
  const policy = createPolicy({ settings: loadSettings({ env: {} }) });

  it('are those of the reference, no more and no fewer', () => {
    const ours = Object.keys(RULES).filter((name) => name.startsWith('baremetal:'));
    expect(ours).to.have.members(Object.keys(facts)).and.to.have.length(122);
  });

  for (const [rule, row] of Object.entries(facts)) {
    const { who } = row;
    it(`${rule} is for ${who}`, () => {
      const passed = { yes: 0, no: 0 };
      for (const [name, caller] of CALLERS) {
        const expected = mayPass(row, name);
        expect(elevated.allows(rule, TARGET, caller), `${name}, elevated`).to.equal(expected);
        const plain = expected && !(name === 'service_project' && ONLY_WHEN_ELEVATED.includes(who));
        expect(policy.allows(rule, TARGET, caller), name).to.equal(plain);
        passed[expected ? 'yes' : 'no'] += 1;
      }
      expect(passed.yes).to.be.greaterThan(0);
      if (who !== 'ANYONE') expect(passed.no).to.be.greaterThan(0);
    });
  }
});
