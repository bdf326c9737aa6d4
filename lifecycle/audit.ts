import type { JsonObject } from './json.ts';
import type { EpochMs } from './records.ts';

/** `refused`: it was asked for, and nothing of it was done. */
export type AuditOutcome = 'done' | 'refused';

/** Who did what to which node. Never a secret: names of fields rather than their values. */
export interface AuditEntry {
  /** Counts from 1 without a gap. */
  id: number;
  created_at: EpochMs;
  node_uuid: string | null;
  /** `provision`, `power`, `update`, `delete` … */
  action: string;
  outcome: AuditOutcome;
  user: string | null;
  project: string | null;
  request_id: string | null;
  detail: JsonObject;
  /** Of the entry before; 64 zeros for the first. */
  previous_hash: string;
  /** SHA-256, in hexadecimal, over previous_hash and the canonical JSON of the fields above it; of `outcome` only where it is not done. */
  hash: string;
}

/** `outcome` is done where nothing else is said. */
export type NewAuditEntry = Omit<AuditEntry, 'id' | 'created_at' | 'outcome' | 'previous_hash' | 'hash'> &
  Partial<Pick<AuditEntry, 'outcome'>>;

/** Where a chain ends. */
export interface AuditHead {
  id: number;
  hash: string;
}

/** What became of checking the chain: its end as it was found, and the first entry that is not as it was written. */
export interface AuditVerdict {
  head: AuditHead;
  broken: { id: number; why: string } | null;
}
