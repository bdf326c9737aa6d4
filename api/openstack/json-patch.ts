import { serviceError } from '../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { since } from './microversions.ts';

/** JSON patch as Ironic takes it (reference: errors and conventions, 8): add, replace and remove only. */
export interface PatchOperation {
  op: 'add' | 'replace' | 'remove';
  path: string;
  value?: Json;
}

/** One operation with its path taken apart. */
export interface PatchStep {
  op: PatchOperation['op'];
  path: string;
  segments: readonly string[];
  value: Json;
}

/** Letters are any script's, as in Python. */
const PLAIN_PATH = /^(\/[\p{L}\p{N}_-]+)+$/u;
const ESCAPED_PATH = /^(\/([\p{L}\p{N}_-]|~[01])+)+$/u;
const POISON = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Takes a checked patch document apart.
 * @throws PatchError when a path or value cannot be; InvalidParameterValue when the first segment is not in `patchable`.
 */
export function readPatch(body: Json | undefined, patchable: readonly string[], minor: number): PatchStep[] {
  const good = since('json_pointer_escapes', minor) ? ESCAPED_PATH : PLAIN_PATH;
  return (body as unknown as PatchOperation[]).map((operation) => {
    const { op, path } = operation;
    if (!good.test(path)) throw patchError(`the path ${path} is not valid.`);
    const segments = path.slice(1).split('/').map(unescapeSegment);
    if (!patchable.includes(segments[0] ?? '')) {
      const why = `Cannot patch ${path}. Only the following can be updated: ${patchable.join(', ')}.`;
      throw serviceError('InvalidParameterValue', { why });
    }
    if (segments.some((segment) => POISON.has(segment))) throw patchError(`the path ${path} is not allowed.`);
    if (op !== 'remove' && operation.value === undefined) throw patchError(`${op} of ${path} needs a value.`);
    return { op, path, segments, value: operation.value ?? null };
  });
}

/** The document with the patch applied, operations in order; the given one is not changed. @throws PatchError */
export function applyPatch(document: JsonObject, steps: readonly PatchStep[]): JsonObject {
  const patched = structuredClone(document);
  for (const step of steps) applyStep(patched, step);
  return patched;
}

/** Values that a patch gives to exactly this path (Ironic's get_patch_values). */
export function patchValues(steps: readonly PatchStep[], path: string): Json[] {
  return steps.filter((step) => step.path === path && step.op !== 'remove').map((step) => step.value);
}

/** Whether a patch touches the root field. */
export function touches(steps: readonly PatchStep[], field: string): boolean {
  return steps.some((step) => step.segments[0] === field);
}

function applyStep(document: JsonObject, step: PatchStep): void {
  const parents = step.segments.slice(0, -1);
  const key = step.segments.at(-1) ?? '';
  let parent: Json = document;
  for (const segment of parents) parent = child(parent, segment, step);
  if (Array.isArray(parent)) applyToList(parent, key, step);
  else if (parent !== null && typeof parent === 'object') applyToObject(parent, key, step);
  else throw patchError(`${step.path}: its parent is neither an object nor a list.`);
}

function child(parent: Json, segment: string, step: PatchStep): Json {
  const found = Array.isArray(parent)
    ? parent[listIndex(segment, parent.length - 1, step)]
    : parent !== null && typeof parent === 'object' && Object.hasOwn(parent, segment)
      ? parent[segment]
      : undefined;
  if (found === undefined) throw patchError(`${step.path} does not exist.`);
  return found;
}

function applyToObject(parent: JsonObject, key: string, step: PatchStep): void {
  if (step.op !== 'add' && !Object.hasOwn(parent, key)) throw patchError(`${step.path} does not exist.`);
  if (step.op === 'remove') delete parent[key];
  else parent[key] = structuredClone(step.value);
}

function applyToList(parent: Json[], key: string, step: PatchStep): void {
  if (step.op === 'add') {
    parent.splice(
      key === '-' ? parent.length : listIndex(key, parent.length, step),
      0,
      structuredClone(step.value),
    );
  } else if (step.op === 'remove') {
    parent.splice(listIndex(key, parent.length - 1, step), 1);
  } else {
    parent[listIndex(key, parent.length - 1, step)] = structuredClone(step.value);
  }
}

function listIndex(key: string, last: number, step: PatchStep): number {
  const index = /^(0|[1-9]\d{0,8})$/.test(key) ? Number(key) : Number.NaN;
  if (!(index <= last)) throw patchError(`${step.path}: ${key} is no index of the list.`);
  return index;
}

function unescapeSegment(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}

function patchError(why: string) {
  return serviceError('PatchError', { why });
}
