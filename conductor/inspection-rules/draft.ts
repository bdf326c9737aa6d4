import { isObject, type Json, type JsonObject } from '../../lifecycle/json.ts';
import { INTERFACE_KINDS } from '../../lifecycle/records.ts';
import { pythonText } from './python-values.ts';
import { RuleFailure } from './rule-failure.ts';

/** What rules work on: copies, which are compared with the records afterwards. */
export interface Draft {
  node: JsonObject;
  traits: Set<string>;
  /** Port uuid → its fields. */
  ports: Map<string, JsonObject>;
  inventory: JsonObject;
  plugin_data: JsonObject;
}

type FieldKind = 'object' | 'text' | 'optional_text' | 'flag' | 'optional_flag';
export type Fields = Readonly<Record<string, FieldKind>>;

/** Fields of a node that rules may change: what operators may, less what the life of the node rests on. */
export const NODE_FIELDS: Fields = {
  name: 'optional_text',
  driver: 'text',
  driver_info: 'object',
  properties: 'object',
  extra: 'object',
  instance_info: 'object',
  network_data: 'object',
  resource_class: 'optional_text',
  conductor_group: 'text',
  automated_clean: 'optional_flag',
  owner: 'optional_text',
  lessee: 'optional_text',
  description: 'optional_text',
  shard: 'optional_text',
  disable_power_off: 'flag',
  ...Object.fromEntries(INTERFACE_KINDS.map((kind) => [`${kind}_interface`, 'text' as const])),
};

export const PORT_FIELDS: Fields = {
  extra: 'object',
  local_link_connection: 'object',
  pxe_enabled: 'flag',
  physical_network: 'optional_text',
  is_smartnic: 'flag',
  name: 'optional_text',
  description: 'optional_text',
  vendor: 'optional_text',
  category: 'optional_text',
};

/** `a/b` or `a.b` → its parts. */
export function attributePath(path: string): string[] {
  return path.includes('/') ? path.replaceAll(/^\/+|\/+$/g, '').split('/') : path.split('.');
}

/** Sets a field of a record, or something inside an object field. @throws RuleFailure */
export function setField(record: JsonObject, fields: Fields, path: string, value: Json): void {
  const parts = attributePath(path);
  const kind = kindOf(fields, parts);
  if (parts.length === 1) record[parts[0] ?? ''] = coerced(kind, path, value);
  else setInside(record, parts, value);
}

/** Appends to a list inside an object field, which is made if missing. @throws RuleFailure */
export function extendField(
  record: JsonObject,
  fields: Fields,
  path: string,
  value: Json,
  unique: boolean,
): void {
  const parts = attributePath(path);
  kindOf(fields, parts);
  if (parts.length === 1) throw new RuleFailure(`${path} is no list.`);
  extendInside(record, parts, value, unique);
}

/** Empties a field, or removes something from an object field. @throws RuleFailure */
export function deleteField(record: JsonObject, fields: Fields, path: string): void {
  const parts = attributePath(path);
  const kind = kindOf(fields, parts);
  if (parts.length > 1) {
    if (!deleteInside(record, parts)) throw new RuleFailure(`${path} does not exist.`);
    return;
  }
  if (kind === 'text' || kind === 'flag') throw new RuleFailure(`${path} cannot be empty.`);
  record[parts[0] ?? ''] = kind === 'object' ? {} : null;
}

/** Sets a value at a path of objects, which are made where missing. @throws RuleFailure */
export function setInside(root: JsonObject, parts: readonly string[], value: Json): void {
  parentOf(root, parts)[parts.at(-1) ?? ''] = value;
}

/** Appends to a list at a path. @throws RuleFailure */
export function extendInside(root: JsonObject, parts: readonly string[], value: Json, unique: boolean): void {
  const parent = parentOf(root, parts);
  const key = parts.at(-1) ?? '';
  const list = (Object.hasOwn(parent, key) ? parent[key] : null) ?? [];
  if (!Array.isArray(list)) throw new RuleFailure(`${parts.join('/')} is no list.`);
  const known = unique && list.some((one) => JSON.stringify(one) === JSON.stringify(value));
  parent[key] = known ? list : [...list, value];
}

/** False: there is nothing at the path. */
export function deleteInside(root: JsonObject, parts: readonly string[]): boolean {
  let parent: Json = root;
  for (const part of parts.slice(0, -1)) {
    if (!isObject(parent) || !Object.hasOwn(parent, part)) return false;
    parent = parent[part] ?? null;
  }
  const key = parts.at(-1) ?? '';
  if (!isObject(parent) || !Object.hasOwn(parent, key)) return false;
  delete parent[key];
  return true;
}

const POISON: readonly string[] = ['__proto__', 'constructor', 'prototype'];

function parentOf(root: JsonObject, parts: readonly string[]): JsonObject {
  if (parts.some((part) => part === '' || POISON.includes(part)))
    throw new RuleFailure(`the path ${parts.join('/')} is not valid.`);
  let parent = root;
  for (const part of parts.slice(0, -1)) {
    if (!Object.hasOwn(parent, part)) parent[part] = {};
    const next = parent[part] ?? null;
    if (!isObject(next)) throw new RuleFailure(`${part} in ${parts.join('/')} is no object.`);
    parent = next;
  }
  return parent;
}

function kindOf(fields: Fields, parts: readonly string[]): FieldKind {
  const [field = ''] = parts;
  const kind = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (kind === undefined) throw new RuleFailure(`${field} cannot be changed by a rule.`);
  if (parts.length > 1 && kind !== 'object') throw new RuleFailure(`${field} has no parts.`);
  return kind;
}

function coerced(kind: FieldKind, path: string, value: Json): Json {
  if (kind === 'object') {
    if (isObject(value)) return value;
    throw new RuleFailure(`${path} needs an object.`);
  }
  if (value === null && kind.startsWith('optional_')) return null;
  if (kind === 'flag' || kind === 'optional_flag') {
    const word = pythonText(value).toLowerCase();
    if (word === 'true' || word === 'false') return word === 'true';
    throw new RuleFailure(`${path} needs true or false.`);
  }
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new RuleFailure(`${path} needs a text.`);
}
