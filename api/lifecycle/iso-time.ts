import { serviceError } from '../../lifecycle/errors.ts';
import { isoText } from '../../lifecycle/iso-text.ts';
import type { Json } from '../../lifecycle/json.ts';

/** A time as the API shows it, to the millisecond: steps are often shorter than a second. */
export function isoTime(ms: number | null): string | null {
  return ms === null ? null : isoText(ms);
}

/** The time that a body's field says; null empties it. @throws InvalidParameterValue */
export function readTime(field: string, value: Json): number | null {
  if (value === null) return null;
  const time = Date.parse(String(value));
  if (Number.isNaN(time))
    throw serviceError('InvalidParameterValue', { why: `${field} must be a time, ISO 8601.` });
  return time;
}

/** Those of `fields` that a body has, as times. @throws InvalidParameterValue */
export function readTimes<F extends string>(
  body: { readonly [field: string]: Json },
  fields: readonly F[],
): Partial<Record<F, number | null>> {
  const times: Partial<Record<F, number | null>> = {};
  for (const field of fields) {
    const value = body[field];
    if (value !== undefined) times[field] = readTime(field, value);
  }
  return times;
}
