import {
  type AttentionFacts,
  RETURN_BEGINS,
  RETURN_ENDS,
  STAGE_OF_STATE,
  STAGES,
  type StageFacts,
} from '../lifecycle/stages.ts';
import { isFail, PROVISION_STATES, type ProvisionState } from '../lifecycle/states.ts';
import type { SqlValue } from './executor.ts';
import type { Sql } from './statements.ts';
import { quoted } from './table.ts';

/** Fields of `servers` that a statement changes, as they are stored. */
type Given = Readonly<Record<string, SqlValue>>;

/** A field as it will be after the statement: what is given, else what the row holds. */
function after(given: Given, field: keyof StageFacts | keyof AttentionFacts): Sql {
  const value = given[field];
  return value === undefined ? { text: quoted(field), bindings: [] } : { text: '?', bindings: [value] };
}

/** SQL made of texts and of what has bindings. */
function sql(texts: TemplateStringsArray, ...parts: readonly (Sql | string)[]): Sql {
  const bindings: SqlValue[] = [];
  const text = texts.reduce((whole, piece, index) => {
    const part = parts[index];
    if (part === undefined) return whole + piece;
    if (typeof part === 'string') return whole + piece + part;
    bindings.push(...part.bindings);
    return whole + piece + part.text;
  }, '');
  return { text, bindings };
}

const words = (all: readonly string[]): string => all.map((word) => `'${word}'`).join(', ');

const statesOf = (stage: string): string =>
  words(PROVISION_STATES.filter((state) => STAGE_OF_STATE[state] === stage));

/**
 * The stage after a change, as an expression: `stageOf` in SQL, equal on every input (a spec tries them all). It reads no
 * column that `given` changes, so it means the same wherever in the statement it stands.
 */
export function stageAfter(given: Given): Sql {
  const state = after(given, 'provision_state');
  const rest = STAGES.filter((stage) => !['in-use', 'inventory', 'disposed'].includes(stage)).map(
    (stage) => sql` WHEN ${state} IN (${statesOf(stage)}) THEN '${stage}'`,
  );
  const others = {
    text: rest.map((one) => one.text).join(''),
    bindings: rest.flatMap((one) => one.bindings),
  };
  return sql`CASE WHEN ${after(given, 'disposed_at')} IS NOT NULL THEN 'disposed' WHEN ${state} IN (${statesOf('in-use')}) THEN CASE WHEN ${after(given, 'maintenance')} = 1 OR ${after(given, 'maintenance_side')} IS NOT NULL THEN 'maintenance' ELSE 'in-use' END WHEN ${state} IN (${statesOf('inventory')}) THEN CASE WHEN ${after(given, 'returning')} = 1 OR ${after(given, 'quarantined')} = 1 THEN 'deletion' WHEN ${after(given, 'order_uuid')} IS NOT NULL THEN 'building' ELSE 'inventory' END${others} END`;
}

const FAILED: readonly ProvisionState[] = PROVISION_STATES.filter(
  (state) => state === 'error' || isFail(state),
);

/** Whether a person has to look after the server after a change: `needsAttention` in SQL. */
export function attentionAfter(given: Given): Sql {
  return sql`CASE WHEN ${after(given, 'disposed_at')} IS NOT NULL THEN 0 WHEN ${after(given, 'troubled')} = 1 OR ${after(given, 'quarantined')} = 1 OR ${after(given, 'stalled_at')} IS NOT NULL OR ${after(given, 'fault')} IS NOT NULL OR COALESCE(${after(given, 'health')}, '') = 'Critical' OR ${after(given, 'provision_state')} IN (${words(FAILED)}) THEN 1 ELSE 0 END`;
}

/** A new state is progress, or the end of what stalled. */
const GOES_ON: Readonly<Record<string, SqlValue>> = { stalled_at: null };

/** What a new provision state says of an installation and of a return. */
export function returnOf(state: ProvisionState): Record<string, SqlValue> {
  if (RETURN_BEGINS.includes(state)) return { ...GOES_ON, returning: 1 };
  if (!RETURN_ENDS.includes(state)) return GOES_ON;
  return {
    ...GOES_ON,
    returning: 0,
    order_uuid: null,
    maintenance_side: null,
    maintenance_by: null,
    maintenance_reason: null,
    maintenance_since: null,
    maintenance_until: null,
  };
}
