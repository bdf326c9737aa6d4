import { expect } from 'chai';
import type { Policy } from '../../../api/openstack/policy/policy.ts';
import type { RuleFacts } from '../../api/openstack/policy/who-may.ts';
import { type ApiBench, type ApiBenchOptions, startApiBench } from './api-bench.ts';
import { runRow } from './api-row.ts';
import { PERSONAS, readPolicyRows, rowFor } from './policy-row.ts';

/** Every policy row of an API, for every kind of caller. */
export function describePolicy(api: 'api' | 'lifecycle', facts: Readonly<Record<string, RuleFacts>>): void {
  describe(`policy tables of ${api}`, () => {
    policyRows(api, facts);
  });
}

function policyRows(api: 'api' | 'lifecycle', facts: Readonly<Record<string, RuleFacts>>): void {
  const asked = new Set<string>();
  let shared: ApiBench;
  const start = (settings: ApiBenchOptions['settings'] = {}) =>
    startApiBench({
      settings: { DEFAULT: { rbac_service_role_elevated_access: true }, ...settings },
      wrapPolicy: (policy) => listening(policy, asked),
    });
  before(async () => {
    shared = await start();
  });
  after(() => shared[Symbol.asyncDispose]());
  beforeEach(() => asked.clear());

  for (const row of readPolicyRows(api)) {
    it(`${row.rule}: ${row.request}`, async () => {
      const rule_facts = facts[row.rule];
      if (rule_facts === undefined) throw new Error(`The reference has no rule ${row.rule}.`);
      const own =
        row.settings === undefined ? null : await start(row.settings as ApiBenchOptions['settings']);
      const bench = own ?? shared;
      const wrong: Record<string, string> = {};
      try {
        for (const persona of PERSONAS) {
          await runRow(bench, rowFor(row, rule_facts, persona)).catch((error: unknown) => {
            wrong[persona] = String(error);
          });
          await bench.clear();
        }
      } finally {
        await own?.[Symbol.asyncDispose]();
      }
      expect(wrong).to.deep.equal({});
      expect([...asked], 'rules asked for').to.include(row.rule);
    });
  }
}

/** A policy that notes which rules it was asked for. */
function listening(policy: Policy, asked: Set<string>): Policy {
  return {
    allows: (rule, target, caller) => {
      asked.add(rule);
      return policy.allows(rule, target, caller);
    },
    authorize: (rule, target, caller) => {
      asked.add(rule);
      policy.authorize(rule, target, caller);
    },
    defines: (rule) => policy.defines(rule),
  };
}
