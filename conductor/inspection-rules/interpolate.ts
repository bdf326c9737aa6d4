import { isObject, type Json, type JsonObject } from '../../lifecycle/json.ts';
import { pythonText } from './python-values.ts';

/** What `{…}` in an argument may name. */
export interface Scope {
  node: JsonObject;
  inventory: JsonObject;
  plugin_data: JsonObject;
  /** The item of a loop. */
  item?: Json;
  /** Secrets in inventory and plugin_data show as ***. */
  mask: boolean;
}

/** Names whose values are masked. */
const SENSITIVE: readonly string[] = ['password', 'auth_token', 'bmc_password'];
const MASKED = '***';

/** A key that is not there: empty for `is-empty`, else the text stays as it is. */
class MissingField extends Error {}
class BadField extends Error {}

const FIELD = /^([A-Za-z_]\w*)((?:\.\w+|\[[^\]]*\])*)(?:![sr])?$/;
const PART = /\.(\w+)|\[([^\]]*)\]/g;
const ITEM_FIELD = /(?<!\{)\{item((?:\.\w+|\[[^\]]*\])*)\}/g;

/**
 * Replaces the fields of every text in `value`, as Python's str.format does: `{node.name}`, `{inventory[cpu][count]}`, and
 * `{{` for a brace. A text with a field that cannot be resolved stays as it is; for the operator `is-empty` a missing key
 * makes it null. In a loop `{item…}` is replaced first, so that items may hold fields; what inventory brings is never
 * read for fields again.
 */
export function interpolate(value: Json, scope: Scope, operator?: string): Json {
  if (typeof value === 'string') return formatText(withItem(value, scope), scope, operator);
  if (Array.isArray(value)) return value.map((one) => interpolate(one, scope, operator));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      pythonText(formatText(withItem(key, scope), scope, operator)),
      interpolate(one, scope, operator),
    ]),
  );
}

function withItem(text: string, scope: Scope): string {
  const { item } = scope;
  if (item === undefined) return text;
  return text.replace(ITEM_FIELD, (whole, path: string) => {
    try {
      return pythonText(follow(item, path, false));
    } catch {
      return whole;
    }
  });
}

function formatText(text: string, scope: Scope, operator: string | undefined): Json {
  if (!text.includes('{') && !text.includes('}')) return text;
  try {
    return format(text, scope);
  } catch (error) {
    if (error instanceof MissingField) return operator === 'is-empty' ? null : text;
    if (error instanceof BadField) return text;
    throw error;
  }
}

function format(text: string, scope: Scope): string {
  let made = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const doubled = text.charAt(at + 1) === char;
    if (char === '}' && !doubled) throw new BadField();
    if (char !== '{' && char !== '}') made += char;
    else if (doubled) {
      made += char;
      at++;
    } else {
      const end = text.indexOf('}', at);
      if (end === -1) throw new BadField();
      made += pythonText(resolve(text.slice(at + 1, end), scope));
      at = end;
    }
  }
  return made;
}

function resolve(field: string, scope: Scope): Json {
  const [, root = '', path = ''] = FIELD.exec(field) ?? [];
  if (root === 'node') return follow(scope.node, path, false, true);
  if (root === 'inventory' || root === 'plugin_data') return follow(scope[root], path, scope.mask);
  if (root === '') throw new BadField();
  throw new MissingField();
}

/** @param attributes whether the first part may be an attribute */
function follow(start: Json, path: string, mask: boolean, attributes = false): Json {
  let current = start;
  let first = true;
  for (const [, attribute, key = ''] of path.matchAll(PART)) {
    if (attribute !== undefined && !(attributes && first)) throw new BadField();
    const name = attribute ?? key;
    if (mask && SENSITIVE.includes(name)) return MASKED;
    current = attribute === undefined ? member(current, name) : attributeOf(current, name);
    first = false;
  }
  return mask ? masked(current) : current;
}

function attributeOf(value: Json, name: string): Json {
  const found = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  if (found === undefined) throw new BadField();
  return found;
}

function member(value: Json, key: string): Json {
  if (Array.isArray(value)) {
    const found = /^\d+$/.test(key) ? value[Number(key)] : undefined;
    if (found === undefined) throw new BadField();
    return found;
  }
  if (!isObject(value)) throw new BadField();
  const found = Object.hasOwn(value, key) ? value[key] : undefined;
  if (found === undefined) throw new MissingField();
  return found;
}

function masked(value: Json): Json {
  if (Array.isArray(value)) return value.map(masked);
  if (!isObject(value)) return value;
  const shown = Object.entries(value).map(([key, one]) => [
    key,
    SENSITIVE.includes(key) ? MASKED : masked(one),
  ]);
  return Object.fromEntries(shown) as JsonObject;
}
