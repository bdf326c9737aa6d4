import type { Schema } from '../../api/document.ts';

/** Longer texts have several lines. */
export const LONG = 1000;

/** Whether a field is typed as JSON. */
export function isJson({ type, oneOf }: Schema): boolean {
  return type === 'array' || type === 'object' || oneOf !== undefined;
}

/** A value as it is typed. */
export function textOf(schema: Schema, value: unknown): string {
  if (value === null || value === undefined) return '';
  return isJson(schema) ? JSON.stringify(value, null, 1) : String(value);
}

/** What was typed as the API takes it: what differs from before, null where a text was emptied. @throws SyntaxError naming the field */
export function changesOf(
  schema: Schema,
  before: Readonly<Record<string, string>>,
  fields: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const changed = Object.entries(schema.properties ?? {}).filter(([name]) => fields[name] !== before[name]);
  return Object.fromEntries(changed.map(([name, one]) => [name, typedValue(name, one, fields[name] ?? '')]));
}

function typedValue(name: string, schema: Schema, text: string): unknown {
  if (text === '') return null;
  if (schema.type === 'boolean') return text === 'true';
  if (schema.type === 'integer' || schema.type === 'number') return Number(text);
  if (!isJson(schema)) return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`${name}: ${(error as Error).message}`);
  }
}
