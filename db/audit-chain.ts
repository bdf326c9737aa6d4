import { createHash } from 'node:crypto';
import type { AuditEntry, AuditHead } from '../lifecycle/audit.ts';
import { canonicalJson } from '../lifecycle/canonical-json.ts';

export const EMPTY_CHAIN: AuditHead = { id: 0, hash: '0'.repeat(64) };

/** The hash that an entry must have. Entries from before there were outcomes have the hash of those that were done. */
export function hashOf(entry: Omit<AuditEntry, 'hash'>): string {
  const { previous_hash, id, created_at, node_uuid, action, outcome, user, project, request_id, detail } =
    entry;
  const became = outcome === 'done' ? {} : { outcome };
  const said = { id, created_at, node_uuid, action, ...became, user, project, request_id, detail };
  return createHash('sha256').update(previous_hash).update(canonicalJson(said)).digest('hex');
}

/** Checks entries, in order, that follow `head`. */
export function checkChain(
  head: AuditHead,
  entries: readonly AuditEntry[],
): { head: AuditHead; broken: { id: number; why: string } | null } {
  let last = head;
  for (const entry of entries) {
    const { id } = entry;
    const why = wrong(entry, last);
    if (why !== null) return { head: last, broken: { id: Math.min(id, last.id + 1), why } };
    last = { id, hash: entry.hash };
  }
  return { head: last, broken: null };
}

function wrong(entry: AuditEntry, last: AuditHead): string | null {
  if (entry.id !== last.id + 1) return 'The entry is missing.';
  if (entry.previous_hash !== last.hash) return 'The entry does not follow the one before it.';
  return entry.hash === hashOf(entry) ? null : 'The entry was changed after it was written.';
}
