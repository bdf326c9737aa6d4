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
  /** Of a repair: whether the server goes on running meanwhile; null: not said. */
  hot: boolean | null;
  /** When the provider would do it. */
  proposed_from: EpochMs | null;
  proposed_until: EpochMs | null;
  /** What the customer agreed to, when, and who did. */
  agreed_from: EpochMs | null;
  agreed_until: EpochMs | null;
  agreed_at: EpochMs | null;
  agreed_by: string | null;
}

/** How far a repair is with its dates. `kept`, `missed`: done within the dates that were agreed to, or not. Pure. */
export function repairState(
  order: Pick<WorkOrderRecord, 'state' | 'proposed_from' | 'agreed_from' | 'agreed_until' | 'done_at'>,
): 'proposed' | 'agreed' | 'kept' | 'missed' | 'done' | 'cancelled' | null {
  const { state, proposed_from, agreed_from, agreed_until, done_at } = order;
  if (proposed_from === null) return null;
  if (state === 'cancelled') return state;
  if (state === 'open') return agreed_from === null ? 'proposed' : 'agreed';
  if (agreed_from === null || done_at === null) return 'done';
  return done_at >= agreed_from && done_at <= (agreed_until ?? done_at) ? 'kept' : 'missed';
}
