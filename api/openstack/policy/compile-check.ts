import type { Caller } from '../../../lifecycle/caller.ts';
import { type Check, CheckSyntaxError, type Operand } from './parse-check.ts';
import type { PolicyTarget } from './policy.ts';

/** A check ready to run. Allocates nothing. */
export type Test = (target: PolicyTarget, caller: Caller) => boolean;

type Value = string | boolean | null | undefined;

/** What rules may ask of the caller, by oslo.policy's names. A null is spelt `None` there. */
const CALLER_ATTRIBUTES: Readonly<Record<string, (caller: Caller) => Value>> = {
  user_id: (caller) => caller.user_id,
  user_name: (caller) => caller.user_name ?? null,
  user_domain_id: (caller) => caller.user_domain_id ?? null,
  project_id: (caller) => caller.project_id,
  tenant: (caller) => caller.project_id,
  project_name: (caller) => caller.project_name ?? null,
  project_domain_id: (caller) => caller.project_domain_id ?? null,
  domain_id: (caller) => caller.domain_id ?? null,
  system_scope: (caller) => (caller.system_scope ? 'all' : null),
  is_admin_project: (caller) => caller.is_admin_project ?? true,
  is_public_api: (caller) => caller.is_public_api ?? false,
};

/** Role lists of the caller: one of them must be the value. */
const ROLE_LISTS: Readonly<Record<string, (caller: Caller) => readonly string[]>> = {
  role: (caller) => caller.roles,
  service_roles: (caller) => caller.service_roles,
};

const TARGET_ATTRIBUTES: Readonly<Record<string, (target: PolicyTarget) => Value>> = {
  'node.owner': (target) => target['node.owner'],
  'node.lessee': (target) => target['node.lessee'],
  'allocation.owner': (target) => target['allocation.owner'],
  'order.project': (target) => target['order.project'],
  'runbook.owner': (target) => target['runbook.owner'],
};

/** What a check may be made with: other rules, and values of the configuration (`%(config.…)s`). */
export interface CompileScope {
  rule(name: string): Test;
  /** Undefined values match nothing. */
  config: Readonly<Record<string, string | undefined>>;
}

/**
 * Makes a function of a check.
 * @throws CheckSyntaxError for attributes that do not exist: oslo.policy would refuse everything without a word.
 */
export function compileCheck(check: Check, scope: CompileScope): Test {
  switch (check.type) {
    case 'always':
      return () => true;
    case 'never':
      return () => false;
    case 'rule':
      return scope.rule(check.name);
    case 'not': {
      const inner = compileCheck(check.of, scope);
      return (target, caller) => !inner(target, caller);
    }
    case 'and':
      return check.of.map((part) => compileCheck(part, scope)).reduce(both);
    case 'or':
      return check.of.map((part) => compileCheck(part, scope)).reduce(either);
    case 'match':
      return compileMatch(check.left, check.right, scope);
  }
}

function both(a: Test, b: Test): Test {
  return (target, caller) => a(target, caller) && b(target, caller);
}

function either(a: Test, b: Test): Test {
  return (target, caller) => a(target, caller) || b(target, caller);
}

function compileMatch(left: string, right: Operand, scope: CompileScope): Test {
  const roles = own(ROLE_LISTS, left);
  if (roles !== undefined) {
    if ('attribute' in right) throw new CheckSyntaxError(`compares ${left} with %(${right.attribute})s`);
    const role = right.literal.toLowerCase();
    return (_, caller) => roles(caller).includes(role);
  }
  const attribute = own(CALLER_ATTRIBUTES, left);
  const literal = attribute === undefined ? pythonLiteral(left) : undefined;
  if (attribute === undefined && literal === undefined) {
    const known = [...Object.keys(ROLE_LISTS), 'rule', ...Object.keys(CALLER_ATTRIBUTES)];
    throw new CheckSyntaxError(`asks for ${left}, which callers do not have. Known: ${known.join(', ')}`);
  }
  if ('literal' in right) {
    const wanted = right.literal;
    if (attribute === undefined) return literal === wanted ? () => true : () => false;
    return (_, caller) => spelt(attribute(caller)) === wanted;
  }
  const value = compileAttribute(right.attribute, scope);
  if (attribute === undefined) return (target, caller) => spelt(value(target, caller)) === literal;
  // Unlike oslo.policy, where a caller without a project matches a node without an owner (None equals None).
  return (target, caller) => {
    const wanted = value(target, caller);
    return wanted !== null && wanted !== undefined && spelt(wanted) === spelt(attribute(caller));
  };
}

function compileAttribute(
  name: string,
  scope: CompileScope,
): (target: PolicyTarget, caller: Caller) => Value {
  const ofTarget = own(TARGET_ATTRIBUTES, name);
  if (ofTarget !== undefined) return ofTarget;
  if (Object.hasOwn(scope.config, name)) {
    const value = scope.config[name];
    return () => value;
  }
  // Ironic puts the caller's own attributes into every target.
  const ofCaller = own(CALLER_ATTRIBUTES, name);
  if (ofCaller !== undefined) return (_, caller) => ofCaller(caller);
  const known = [...Object.keys(TARGET_ATTRIBUTES), ...Object.keys(scope.config)];
  throw new CheckSyntaxError(`asks for %(${name})s, which nothing has. Known: ${known.join(', ')}`);
}

/** As Python's str() spells it; undefined matches nothing. */
function spelt(value: Value): string | undefined {
  if (value === null) return 'None';
  if (value === true) return 'True';
  return value === false ? 'False' : value;
}

/** The left side as a Python literal: None, True, False, a number or a quoted text. */
function pythonLiteral(text: string): string | undefined {
  if (['None', 'True', 'False'].includes(text) || /^-?\d+$/.test(text)) return text;
  return /^(['"])(.*)\1$/.exec(text)?.[2];
}

function own<T>(map: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
