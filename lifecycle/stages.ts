import type { NodeRecord } from './records.ts';
import type { ServerFacts } from './server-record.ts';
import { isFail, type ProvisionState } from './states.ts';

/** The stages of a server's life, in order. */
export const STAGES = [
  'registration',
  'inventory',
  'building',
  'in-use',
  'maintenance',
  'deletion',
  'disposed',
] as const;

export type Stage = (typeof STAGES)[number];

/** The stage that each provision state belongs to by itself; `stageOf` says when it is another. */
export const STAGE_OF_STATE = {
  enroll: 'registration',
  verifying: 'registration',
  inspecting: 'registration',
  'inspect wait': 'registration',
  'inspect failed': 'registration',
  adopting: 'registration',
  'adopt failed': 'registration',
  manageable: 'inventory',
  available: 'inventory',
  cleaning: 'inventory',
  'clean wait': 'inventory',
  'clean hold': 'inventory',
  'clean failed': 'inventory',
  deploying: 'building',
  'wait call-back': 'building',
  'deploy hold': 'building',
  'deploy failed': 'building',
  active: 'in-use',
  rescuing: 'maintenance',
  'rescue wait': 'maintenance',
  'rescue failed': 'maintenance',
  rescue: 'maintenance',
  unrescuing: 'maintenance',
  'unrescue failed': 'maintenance',
  servicing: 'maintenance',
  'service wait': 'maintenance',
  'service hold': 'maintenance',
  'service failed': 'maintenance',
  deleting: 'deletion',
  error: 'deletion',
} as const satisfies Record<ProvisionState, Stage>;

/** What the stage depends on. */
export interface StageFacts
  extends Pick<NodeRecord, 'provision_state' | 'maintenance'>,
    Pick<ServerFacts, 'maintenance_side' | 'order_uuid' | 'disposed_at' | 'quarantined'> {
  returning: boolean;
}

/** The stage of a server. Pure; the database computes the same with db/server-stage. */
export function stageOf(server: StageFacts): Stage {
  if (server.disposed_at !== null) return 'disposed';
  const stage = STAGE_OF_STATE[server.provision_state];
  if (stage === 'in-use') return isInMaintenance(server) ? 'maintenance' : stage;
  if (stage !== 'inventory') return stage;
  if (server.returning || server.quarantined) return 'deletion';
  return server.order_uuid === null ? stage : 'building';
}

function isInMaintenance({ maintenance, maintenance_side }: StageFacts): boolean {
  return maintenance || maintenance_side !== null;
}

/** What attention depends on. */
export interface AttentionFacts extends Pick<NodeRecord, 'provision_state' | 'fault' | 'health'> {
  /** Whether the node has a last_error. */
  troubled: boolean;
  quarantined: boolean;
  /** Since when its deploy makes no progress; null: it makes some. */
  stalled_at: number | null;
  disposed_at: number | null;
}

/** Whether a person has to look after the server: something failed or holds, or its hardware is broken. Pure. */
export function needsAttention(server: AttentionFacts): boolean {
  if (server.disposed_at !== null) return false;
  const { fault, health, quarantined, stalled_at, troubled, provision_state } = server;
  return (
    troubled ||
    stalled_at !== null ||
    quarantined ||
    fault !== null ||
    health === 'Critical' ||
    provision_state === 'error' ||
    isFail(provision_state)
  );
}

/** Provision states that begin a return, and that end one. */
export const RETURN_BEGINS: readonly ProvisionState[] = ['deleting'];
export const RETURN_ENDS: readonly ProvisionState[] = ['available', 'manageable'];
