import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import type { Logger } from '../../../config/logger.ts';
import type { Settings } from '../../../config/options.ts';
import type { Caller } from '../../../lifecycle/caller.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import { nearestName } from '../../../lifecycle/nearest-name.ts';
import { LIFECYCLE_RULES } from '../../lifecycle/rules.ts';
import { compileCheck, type Test } from './compile-check.ts';
import { type Check, CheckSyntaxError, parseCheck } from './parse-check.ts';
import type { Policy } from './policy.ts';
import { RULES, type RuleRow, type TokenScope } from './rules.ts';

/** The operator's policy file cannot be used. The message lists every problem, one a line. */
export class PolicyError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The policy file has problems:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'PolicyError';
    this.problems = problems;
  }
}

interface CompiledRule {
  test: Test;
  scope: readonly TokenScope[];
}

const ROWS: Readonly<Record<string, RuleRow>> = { ...RULES, ...LIFECYCLE_RULES };
/** Optional rules, none by default: who may run one step of one interface. */
const STEP_RULE = /^baremetal:step:execute:[\w-]+\.[\w-]+$/;
/** They stay in force for callers that nothing else stops. */
const SECRET_RULES: ReadonlySet<string> = new Set(['show_password', 'show_instance_secrets']);
const MAX_OVERRIDES = 2000;

/**
 * Builds the access policy: the rules of the API, those of the operator (a policy.yaml: rule name → check string) put over
 * them by name. A file may hold rules of its own when another rule uses them.
 * @param overrides_text the operator's rules; when it is not given, `[oslo_policy]policy_file` is read.
 * @throws PolicyError naming every unknown rule, bad check string, missing reference and circle; Error when the file
 * cannot be read.
 */
export function createPolicy(sources: {
  settings: Pick<Settings, 'oslo_policy' | 'DEFAULT'>;
  overrides_text?: string;
  log?: Logger;
}): Policy {
  const { oslo_policy, DEFAULT } = sources.settings;
  const problems: string[] = [];
  const path = oslo_policy.policy_file;
  const text = sources.overrides_text ?? (path === '' ? '' : readFileSync(path, 'utf8'));
  const overrides = readOverrides(text, problems);
  const checks = new Map<string, Check>();
  for (const [name, row] of Object.entries(ROWS)) {
    checks.set(name, defaultCheck(name, row, overrides, oslo_policy.enforce_new_defaults));
  }
  for (const [name, text] of overrides) {
    const check = tryParse(name, text, problems);
    if (check !== null) checks.set(name, check);
  }
  problems.push(...unknownNames(overrides, checks));
  const config = {
    'config.service_project_name': DEFAULT.rbac_service_role_elevated_access
      ? DEFAULT.rbac_service_project_name
      : undefined,
  };
  const tests = compileAll(checks, config, problems);
  if (problems.length > 0) throw new PolicyError(problems);

  const compiled = new Map<string, CompiledRule>();
  for (const [name, test] of tests) {
    compiled.set(name, { test, scope: oslo_policy.enforce_scope ? (ROWS[name]?.scope ?? []) : [] });
  }

  if (overrides.size > 0) {
    sources.log?.info(
      { policy_file: path, rules: [...overrides.keys()] },
      'policy rules of the operator are in force',
    );
  }

  const allows: Policy['allows'] = (rule, target, caller) => {
    const found = compiled.get(rule);
    if (found === undefined) throw new Error(`There is no policy rule ${rule}.`);
    if (caller.unrestricted && !SECRET_RULES.has(rule)) return true;
    if (found.scope.length > 0 && !found.scope.includes(scopeOf(caller))) return false;
    return found.test(target, caller);
  };
  return {
    allows,
    authorize(rule, target, caller) {
      if (!allows(rule, target, caller)) throw serviceError('NotAuthorized', { rule });
    },
    defines: (rule) => compiled.has(rule),
  };
}

function scopeOf(caller: Caller): TokenScope {
  if (caller.system_scope) return 'system';
  // A token without any scope counts as a project's, as in oslo.policy.
  return typeof caller.domain_id === 'string' ? 'domain' : 'project';
}

function readOverrides(text: string, problems: string[]): Map<string, string> {
  const overrides = new Map<string, string>();
  const document = parseDocument(text, { prettyErrors: false });
  for (const error of document.errors)
    problems.push(`It is not valid YAML (${error.code} at ${error.pos[0]}).`);
  if (document.errors.length > 0) return overrides;
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 0 });
  } catch {
    problems.push('It has YAML aliases, which are not accepted.');
    return overrides;
  }
  if (content === null || content === undefined) return overrides;
  if (typeof content !== 'object' || Array.isArray(content)) {
    problems.push('It must map rule names to check strings.');
    return overrides;
  }
  const entries = Object.entries(content);
  if (entries.length > MAX_OVERRIDES) problems.push(`It has more than ${MAX_OVERRIDES} rules.`);
  for (const [name, value] of entries.slice(0, MAX_OVERRIDES)) {
    if (typeof value === 'string') overrides.set(name, value);
    else problems.push(`${name}: its check must be text, such as "role:admin and system_scope:all".`);
  }
  return overrides;
}

/** The check of a rule that the file does not name; oslo.policy's rules for renamed and legacy ones. */
function defaultCheck(
  name: string,
  row: RuleRow,
  overrides: ReadonlyMap<string, string>,
  new_defaults_only: boolean,
): Check {
  const now = parseCheck(row.check);
  if (row.was === undefined) return now;
  const override = row.was.name === undefined ? undefined : overrides.get(row.was.name);
  // Who narrowed the old, wider rule has narrowed the rules that were cut out of it.
  if (override !== undefined && override !== row.was.check && override !== `rule:${name}`) {
    return { type: 'rule', name: row.was.name ?? name };
  }
  if (new_defaults_only || row.was.check === row.check) return now;
  return { type: 'or', of: [now, parseCheck(row.was.check)] };
}

function tryParse(name: string, text: string, problems: string[]): Check | null {
  try {
    return parseCheck(text);
  } catch (error) {
    if (!(error instanceof CheckSyntaxError)) throw error;
    problems.push(`${name}: the check ${error.message}.`);
    return null;
  }
}

/** Names in the file that are no rule of the API, no step rule, and used by no other rule of the file. */
function unknownNames(overrides: ReadonlyMap<string, string>, checks: ReadonlyMap<string, Check>): string[] {
  const used = new Set<string>();
  for (const [name, check] of checks) {
    for (const reference of references(check)) if (reference !== name) used.add(reference);
  }
  const unknown: string[] = [];
  for (const name of overrides.keys()) {
    if (Object.hasOwn(ROWS, name) || STEP_RULE.test(name) || used.has(name)) continue;
    const nearest = nearestName(name, Object.keys(ROWS));
    unknown.push(`${name}: there is no such rule.${nearest === null ? '' : ` Did you mean ${nearest}?`}`);
  }
  return unknown;
}

function references(check: Check): string[] {
  if (check.type === 'rule') return [check.name];
  if (check.type === 'not') return references(check.of);
  return check.type === 'and' || check.type === 'or' ? check.of.flatMap(references) : [];
}

/** Compiles every check once, those that it refers to first. */
function compileAll(
  checks: ReadonlyMap<string, Check>,
  config: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Map<string, Test> {
  const done = new Map<string, Test>();
  const never: Test = () => false;

  function compileRule(name: string, path: readonly string[]): Test {
    const ready = done.get(name);
    if (ready !== undefined) return ready;
    const user = path.at(-1) ?? name;
    const check = checks.get(name);
    if (check === undefined) {
      problems.push(`${user}: it refers to rule:${name}, which does not exist.`);
      return never;
    }
    if (path.includes(name)) {
      problems.push(`${name}: it refers to itself (${[...path, name].join(' -> ')}).`);
      return never;
    }
    let test = never;
    try {
      test = compileCheck(check, { rule: (inner) => compileRule(inner, [...path, name]), config });
    } catch (error) {
      if (!(error instanceof CheckSyntaxError)) throw error;
      problems.push(`${name}: the check ${error.message}.`);
    }
    done.set(name, test);
    return test;
  }

  for (const name of checks.keys()) compileRule(name, []);
  return done;
}
