import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../../config/project-root.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { CALLERS } from '../../api/openstack/policy/policy-callers.ts';
import { MAY, mayPass, type RuleFacts } from '../../api/openstack/policy/who-may.ts';
import type { ApiRow } from './api-row.ts';

/** What has to come back: a status, or the expectations of an API row. */
export type Outcome = number | (Pick<ApiRow, 'status'> & Partial<ApiRow>);

/** One request that needs a rule, and its outcome for callers who pass, who do not, and who may not even see the node. */
export interface PolicyRow extends Pick<ApiRow, 'request' | 'version' | 'body' | 'given' | 'settings'> {
  rule: string;
  may: Outcome;
  /** Default: 403. */
  may_not?: Outcome;
  /** For callers to whom the node is missing; default: as `may_not`. */
  hidden?: Outcome;
  /** Callers for whom another rule decides. */
  others?: Readonly<Record<string, Outcome>>;
}

/** Callers of the tables: those of the policy's own specs, less the ones that tell nothing new here. */
export const PERSONAS: readonly string[] = [...CALLERS.keys()].filter(
  (name) => !/^(system|owner|lessee)_none$|^stranger_(member|manager)$/.test(name),
);

const OWNED: PolicyRow['given'] & object = {
  nodes: [{ name: 'n', owner: 'project-owner', lessee: 'project-lessee' }],
};

/** The rows of spec/contract/<api>/policy/*.yaml. */
export function readPolicyRows(api: 'api' | 'lifecycle' = 'api'): PolicyRow[] {
  const folder = join(projectRoot, 'spec', 'contract', api, 'policy');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .flatMap(
      (file) =>
        parse(readFileSync(join(folder, file), 'utf8'), { merge: true, maxAliasCount: -1 }) as PolicyRow[],
    );
}

/** The row of the API tables that one persona makes of a policy row. */
export function rowFor(row: PolicyRow, facts: RuleFacts, persona: string): ApiRow {
  const { rule, may, may_not, hidden, others, settings: _, given = OWNED, ...request } = row;
  const refused = may_not ?? 403;
  const sees = (MAY.SYSTEM_OR_PROJECT_READER ?? []).includes(persona);
  const outcome =
    others?.[persona] ?? (mayPass(facts, persona) ? may : hidden !== undefined && !sees ? hidden : refused);
  const expected = typeof outcome === 'number' ? { status: outcome } : outcome;
  const caller = CALLERS.get(persona) as unknown as JsonObject;
  return { it: `${rule} as ${persona}`, given, ...request, caller, ...expected };
}
