import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createPolicy } from '../../../../api/openstack/policy/create-policy.ts';
import type { PolicyTarget } from '../../../../api/openstack/policy/policy.ts';
import { RULES } from '../../../../api/openstack/policy/rules.ts';
import { loadSettings } from '../../../../config/load-settings.ts';
import { projectRoot } from '../../../../config/project-root.ts';
import type { Caller } from '../../../../lifecycle/caller.ts';

/** What oslo.policy itself decided with Ironic's rules: per rule one digit for each caller and target, in their order. */
interface Outcomes {
  callers: Record<string, Omit<Caller, 'request_id' | 'service_roles' | 'unrestricted'>>;
  targets: PolicyTarget[];
  cases: { enforce_new_defaults: boolean; overrides: string; outcomes: Record<string, string> }[];
}

describe('the policy decides as oslo.policy does', () => {
  const path = join(projectRoot, 'spec/fixtures/oslo-policy-outcomes.json');
  const { callers, targets, cases } = JSON.parse(readFileSync(path, 'utf8')) as Outcomes;

  for (const { enforce_new_defaults, overrides, outcomes } of cases) {
    const named = overrides === '' ? 'no overrides' : 'overrides';
    it(`with ${named}, enforce_new_defaults=${enforce_new_defaults}`, () => {
      const policy = createPolicy({
        settings: loadSettings({
          env: {
            KUROGANE_DEFAULT__RBAC_SERVICE_ROLE_ELEVATED_ACCESS: 'true',
            KUROGANE_OSLO_POLICY__ENFORCE_NEW_DEFAULTS: String(enforce_new_defaults),
          },
        }),
        overrides_text: overrides,
      });
      expect(Object.keys(outcomes)).to.have.members(Object.keys(RULES));
      for (const [rule, expected] of Object.entries(outcomes)) {
        const ours = Object.values(callers).flatMap((facts) => {
          const caller = { ...facts, request_id: 'req-1', service_roles: [], unrestricted: false };
          return targets.map((target) => (policy.allows(rule, target, caller) ? '1' : '0'));
        });
        expect(ours.join(''), rule).to.equal(expected);
      }
    });
  }
});
