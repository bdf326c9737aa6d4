import { isObject, type Json } from '../../lifecycle/json.ts';

/** Rules are written for Python: how values are spelt and compared is a part of what they mean. */

/** Python's str(). */
export function pythonText(value: Json): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

function pythonRepr(value: Json): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, one]) => `${quoted(key)}: ${pythonRepr(one)}`)
    .join(', ')}}`;
}

function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll(mark, `\\${mark}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `${mark}${escaped}${mark}`;
}

/** Python's ==: True equals 1. */
export function pythonEquals(a: Json, b: Json): boolean {
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== null || right !== null) return left === right;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, at) => pythonEquals(one, b[at] ?? null));
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && pythonEquals(a[key] ?? null, b[key] ?? null))
    );
  }
  return a === b;
}

/** Python's <, or null where it has none: texts with texts, numbers with numbers. */
export function pythonLess(a: Json, b: Json): boolean | null {
  if (typeof a === 'string' && typeof b === 'string') return a < b;
  const [left, right] = [numberOf(a), numberOf(b)];
  return left === null || right === null ? null : left < right;
}

function numberOf(value: Json): number | null {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'number' ? value : null;
}
