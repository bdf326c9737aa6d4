import { expect } from 'chai';
import { LIFECYCLE_RULES } from '../../../api/lifecycle/rules.ts';
import { readRuleFacts } from '../../api/openstack/policy/who-may.ts';
import { describePolicy } from '../api/describe-policy.ts';
import { readPolicyRows } from '../api/policy-row.ts';

const facts = readRuleFacts('lifecycle');

describePolicy('lifecycle', facts);

describe('S107 the rules of the life-cycle API', () => {
  it('are those that were decided, and each is asked for in the policy tables', () => {
    expect(Object.keys(LIFECYCLE_RULES)).to.have.members(Object.keys(facts));
    expect(readPolicyRows('lifecycle').map(({ rule }) => rule)).to.include.members(Object.keys(facts));
  });
});
