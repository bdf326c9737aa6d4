import type { EpochMs, Stored } from './records.ts';

export const WORK_KINDS = ['mount', 'cable', 'swap', 'dispose', 'other'] as const;
export type WorkKind = (typeof WORK_KINDS)[number];

/** Work that somebody does at the rack: what, who, and when. */
export interface WorkOrderRecord extends Stored {
  uuid: string;
  kind: WorkKind;
  /** The server that it is about; null: one that is not known yet, which `place` tells. */
  server_uuid: string | null;
  /** Rack and unit, or a serial number. */
  place: string | null;
  what: string;
  /** Who is to do it. */
  assignee: string | null;
  due_at: EpochMs | null;
  state: 'open' | 'done' | 'cancelled';
  /** Who did it, and when. */
  done_by: string | null;
  done_at: EpochMs | null;
}
