import type { Json, JsonObject } from './json.ts';

/**
 * The language of inspection rules (ironic API 1.96): operators of conditions and actions with their arguments. Arguments
 * are an object by name, or a list by position: the required ones first, then the optional ones.
 */
export interface Signature {
  required: readonly string[];
  optional: readonly string[];
  /** Arguments in which `{node…}`, `{inventory…}` and `{plugin_data…}` are replaced; inside a loop they are in all. */
  formatted: readonly string[];
}

function signature(required: string[], formatted: string[], optional: string[] = []): Signature {
  return { required, optional, formatted };
}

/** Operators of conditions. A `!` in front inverts one. `force_strings` is what a loop sets by itself. */
export const OPERATORS = {
  eq: signature(['values'], ['values'], ['force_strings']),
  lt: signature(['values'], ['values'], ['force_strings']),
  gt: signature(['values'], ['values'], ['force_strings']),
  'is-empty': signature(['value'], ['value']),
  'in-net': signature(['address', 'subnet'], ['address', 'subnet']),
  matches: signature(['value', 'regex'], ['value']),
  contains: signature(['value', 'regex'], ['value']),
  'one-of': signature(['value'], ['value'], ['values']),
  'is-none': signature(['value'], ['value']),
  'is-true': signature(['value'], ['value']),
  'is-false': signature(['value'], ['value']),
} as const satisfies Record<string, Signature>;

export const ACTIONS = {
  fail: signature(['msg'], []),
  log: signature(['msg'], ['msg'], ['level']),
  'set-attribute': signature(['path', 'value'], ['value']),
  'extend-attribute': signature(['path', 'value'], ['value'], ['unique']),
  'del-attribute': signature(['path'], []),
  'set-capability': signature(['name', 'value'], ['value']),
  'unset-capability': signature(['name'], []),
  'add-trait': signature(['name'], []),
  'remove-trait': signature(['name'], []),
  'set-plugin-data': signature(['path', 'value'], ['value']),
  'extend-plugin-data': signature(['path', 'value'], ['value'], ['unique']),
  'unset-plugin-data': signature(['path'], []),
  'set-port-attribute': signature(['port_id', 'path', 'value'], ['value']),
  'extend-port-attribute': signature(['port_id', 'path', 'value'], ['value'], ['unique']),
  'del-port-attribute': signature(['port_id', 'path'], []),
  'api-call': signature(['url'], ['url'], ['headers', 'proxies', 'timeout', 'retries', 'backoff_factor']),
} as const satisfies Record<string, Signature>;

export type OperatorName = keyof typeof OPERATORS;
export type ActionName = keyof typeof ACTIONS;

/** The greatest priority of a rule that a user makes. */
export const MAX_RULE_PRIORITY = 9999;

export function isOperator(name: string): name is OperatorName {
  return Object.hasOwn(OPERATORS, name);
}

export function isAction(name: string): name is ActionName {
  return Object.hasOwn(ACTIONS, name);
}

/** `!eq` → eq, inverted. */
export function parseOperator(op: string): { name: string; inverted: boolean } {
  const inverted = op.startsWith('!');
  return { name: inverted ? op.slice(1) : op, inverted };
}

/** Arguments by name. Positions past the last argument are left out. */
export function namedArgs({ required, optional }: Signature, args: Json): JsonObject {
  if (!Array.isArray(args)) return typeof args === 'object' && args !== null ? args : {};
  const names = [...required, ...optional];
  return Object.fromEntries(
    names.flatMap((name, at) => (at < args.length ? [[name, args[at] ?? null]] : [])),
  );
}

/** What is wrong with the arguments of one condition or action; null when nothing is. */
export function argumentProblem(of: Signature, args: Json): string | null {
  const given = Object.keys(namedArgs(of, args));
  const missing = of.required.filter((name) => !given.includes(name));
  const unexpected = given.filter((name) => !of.required.includes(name) && !of.optional.includes(name));
  const problems: string[] = [];
  if (missing.length > 0) problems.push(`missing required argument(s): ${missing.join(', ')}`);
  if (unexpected.length > 0) problems.push(`unexpected argument(s): ${unexpected.join(', ')}`);
  return problems.length === 0 ? null : problems.join('; ');
}
