import type { Caller } from '../../../lifecycle/caller.ts';

/** What a rule may look at besides the caller: the owners of the thing asked for. */
export interface PolicyTarget {
  'node.owner'?: string | null;
  'node.lessee'?: string | null;
  'allocation.owner'?: string | null;
  'runbook.owner'?: string | null;
  'order.project'?: string | null;
}

/** The access policy: Ironic's rules by name, with the operator's overrides. Pure once built. */
export interface Policy {
  /** Whether the rule passes. A wrong token scope is a no. An unknown rule name is a programming error and throws. */
  allows(rule: string, target: PolicyTarget, caller: Caller): boolean;
  /** @throws ServiceError NotAuthorized (403) naming the rule. */
  authorize(rule: string, target: PolicyTarget, caller: Caller): void;
  /** Whether there is such a rule: `baremetal:step:execute:<interface>.<step>` exist only when the operator wrote them. */
  defines(rule: string): boolean;
}
