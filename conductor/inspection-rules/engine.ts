import {
  ACTIONS,
  isAction,
  isOperator,
  namedArgs,
  OPERATORS,
  parseOperator,
  type Signature,
} from '../../lifecycle/inspection-rules.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { InspectionRuleRecord } from '../../lifecycle/records.ts';
import { ACTIONS_DONE, type Outside } from './actions.ts';
import type { Draft } from './draft.ts';
import { interpolate, type Scope } from './interpolate.ts';
import { OPERATOR_TESTS } from './operators.ts';
import { RuleFailure } from './rule-failure.ts';

export type Rule = Pick<InspectionRuleRecord, 'uuid' | 'priority' | 'sensitive' | 'conditions' | 'actions'>;

/** When secrets of inventory and plugin data are hidden from rules; `sensitive`: from all but sensitive rules. */
export type MaskSecrets = 'always' | 'never' | 'sensitive';

/**
 * Applies rules to a draft (ironic API 1.96), the highest priority first: where all conditions of a rule hold, its actions
 * are done in order. What was done before a failure stays done.
 * @throws RuleFailure when a rule says so, or cannot be carried out
 */
export async function applyRules(
  rules: readonly Rule[],
  draft: Draft,
  options: { mask_secrets: MaskSecrets; outside: Outside },
): Promise<void> {
  const { mask_secrets, outside } = options;
  for (const rule of rules.toSorted((a, b) => b.priority - a.priority)) {
    const mask = mask_secrets === 'always' || (mask_secrets === 'sensitive' && !rule.sensitive);
    try {
      if (!rule.conditions.every((condition) => holds(condition, scopeOf(draft, mask)))) continue;
      for (const action of rule.actions) await perform(action, draft, mask, outside);
    } catch (error) {
      if (!(error instanceof RuleFailure)) throw error;
      throw new RuleFailure(`${error.message} (inspection rule ${rule.uuid})`);
    }
  }
}

function scopeOf({ node, traits, inventory, plugin_data }: Draft, mask: boolean): Scope {
  return { node: { ...node, traits: [...traits] }, inventory, plugin_data, mask };
}

function holds(condition: JsonObject, scope: Scope): boolean {
  const { name, inverted } = parseOperator(String(condition.op));
  if (!isOperator(name)) throw new RuleFailure(`there is no operator ${name}.`);
  const test = (item?: Json): boolean => {
    const args = argsOf(
      OPERATORS[name],
      condition,
      { ...scope, ...(item === undefined ? {} : { item }) },
      name,
    );
    // Fields make texts of numbers: in a loop everything is compared as text.
    if (item !== undefined && takesForceStrings(OPERATORS[name])) args.force_strings = true;
    return OPERATOR_TESTS[name](args) !== inverted;
  };
  const items = itemsOf(condition);
  if (items === null) return test();
  if (condition.multiple === 'last') return test(items.at(-1) ?? null);
  return condition.multiple === 'all' ? items.every((item) => test(item)) : items.some((item) => test(item));
}

async function perform(action: JsonObject, draft: Draft, mask: boolean, outside: Outside): Promise<void> {
  const name = String(action.op);
  if (!isAction(name)) throw new RuleFailure(`there is no action ${name}.`);
  const items = itemsOf(action) ?? [undefined];
  for (const item of items) {
    const scope = { ...scopeOf(draft, mask), ...(item === undefined ? {} : { item }) };
    await ACTIONS_DONE[name](structuredClone(argsOf(ACTIONS[name], action, scope)), draft, outside);
  }
}

/** The items of a loop; an object is one item. null: there is no loop. */
function itemsOf({ loop = null }: JsonObject): Json[] | null {
  if (loop === null || typeof loop !== 'object' || Object.keys(loop).length === 0) return null;
  return Array.isArray(loop) ? loop : [loop];
}

function argsOf(signature: Signature, operation: JsonObject, scope: Scope, operator?: string): JsonObject {
  const given = Object.entries(namedArgs(signature, operation.args ?? {}));
  return Object.fromEntries(
    given.map(([name, value]) => {
      const formatted = scope.item !== undefined || signature.formatted.includes(name);
      return [name, formatted ? interpolate(value, scope, operator) : value];
    }),
  );
}

function takesForceStrings({ optional }: Signature): boolean {
  return optional.includes('force_strings');
}
