import { canonicalJson } from './canonical-json.ts';
import type { Json, JsonObject } from './json.ts';
import { redactUrls } from './redact-urls.ts';
import { isSecretName } from './secret-names.ts';

/** Field → what it was and what it is, as the API shows it. */
export type FieldChanges = Record<string, [before: Json, after: Json]>;

/** Longer values are named in the audit, not said. */
const LONGEST = 255;
const OF_THE_TABLE: readonly string[] = ['uuid', 'created_at', 'updated_at'];

/**
 * What of a record changed, for the audit. null: there is no record before, or after. Fields whose names are those of secrets, and
 * those of `unsaid`, are left out; so are long values.
 */
export function changedFields(
  before: JsonObject | null,
  after: JsonObject | null,
  unsaid: readonly string[] = [],
): FieldChanges {
  const changes: FieldChanges = {};
  for (const field of new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])) {
    if (OF_THE_TABLE.includes(field) || unsaid.includes(field) || isSecretName(field)) continue;
    const [was, is] = [before?.[field] ?? null, after?.[field] ?? null];
    const [was_text, is_text] = [canonicalJson(was), canonicalJson(is)];
    if (was_text === is_text || was_text.length > LONGEST || is_text.length > LONGEST) continue;
    changes[field] = [redacted(was), redacted(is)];
  }
  return changes;
}

const redacted = (value: Json): Json => JSON.parse(redactUrls(JSON.stringify(value))) as Json;
