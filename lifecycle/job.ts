import type { Json, JsonObject } from './json.ts';
import type { ProvisionWork } from './machine.ts';
import type { EpochMs } from './records.ts';

/**
 * Words. A *job* is one piece of work on one node, a row that outlives every process. Its *plan* is a list of *steps*;
 * the *journal* has one row per run of a step. A conductor *claims* a job for the length of a *lease*; the *fencing
 * token* counts the claims, and every write of a worker repeats it, so that one that lost its lease cannot write.
 */

/**
 * Provision work, power actions, other changes of the hardware, calls that the API waits for, allocations, orders, and steps
 * of a parent node's work on its child.
 */
export type JobKind =
  | ProvisionWork
  | 'power'
  | 'hardware'
  | 'call'
  | 'allocate'
  | 'order'
  | 'schedule'
  | 'child';

/** Kinds that leave the provision state of their node alone, also when they fail. */
export const STATELESS_KINDS: readonly JobKind[] = ['power', 'hardware', 'call', 'child'];

/**
 * - `queued`: may be claimed once `run_at` has come.
 * - `running`: claimed until `lease_expires_at`; after that it may be claimed again.
 * - `waiting`: holds no worker; woken by what `wait_for` names, or ended by `deadline_at`.
 * - `done`, `failed`, `cancelled`: kept as history.
 */
export type JobState = 'queued' | 'running' | 'waiting' | 'done' | 'failed' | 'cancelled';

/** How a step survives the death of the conductor that ran it. */
export type StepSurvival = 'repeat' | 'probe' | 'never';

/** One step of a job's plan, as stored in `JobRecord.steps`. */
export interface PlannedStep {
  interface: string;
  step: string;
  args: JsonObject;
  priority: number;
  /** Whether the client may abort while the step runs. */
  abortable: boolean;
  /** True: runs on the agent in the ramdisk. */
  in_band: boolean;
  /** Runs on these children of the node instead; none named: on all of them. */
  children?: readonly string[];
  /** Brings the server back to its baseline. */
  restores?: true;
}

/** What a waiting job waits for: the agent's next heartbeat, in-band inspection data, a client's unhold, or a time. */
export type WaitReason = 'heartbeat' | 'inspection' | 'installed' | 'unhold' | 'timer';

/** What the steps of a job are part of: a runbook's or a tool's name, and the schedule that asked for it. */
export interface WorkOrigin {
  what: string;
  schedule?: string;
}

export interface JobError {
  code: string;
  message: string;
  status: number;
}

export interface JobRecord {
  id: number;
  uuid: string;
  kind: JobKind;
  node_uuid: string | null;
  conductor_group: string;
  state: JobState;
  /** True: holds the node's reservation while queued or running. */
  exclusive: boolean;
  /** The request: verb arguments, power target, or `{method, args}` of a call. Secret values are encrypted at rest. */
  args: JsonObject;
  /** null until the job was planned by its first claim. */
  steps: PlannedStep[] | null;
  step_index: number;
  /** What the running step remembers between its visits. Encrypted like `args`. */
  step_data: JsonObject;
  claimed_by: string | null;
  fencing_token: number;
  lease_expires_at: EpochMs | null;
  run_at: EpochMs;
  wait_for: WaitReason | null;
  /** End of the wait, or of the whole call: the sweep ends the job then. */
  deadline_at: EpochMs | null;
  /** Set by an abort of a step that cannot be aborted: the job stops after it. */
  abort_after: boolean;
  result: Json;
  error: JobError | null;
  request_id: string | null;
  user: string | null;
  project: string | null;
  created_at: EpochMs;
  started_at: EpochMs | null;
  finished_at: EpochMs | null;
}

/** One run of one step: written when it starts, completed when it ends. */
export interface JournalEntry {
  id: number;
  job_id: number;
  step_index: number;
  interface: string;
  step: string;
  fencing_token: number;
  conductor: string;
  started_at: EpochMs;
  /** null: the step was running when the conductor died. */
  ended_at: EpochMs | null;
  outcome: 'done' | 'wait' | 'again' | 'fail' | null;
  detail: string | null;
  /** What was asked of the BMC, in order; null: nothing, or the conductor died. */
  commands: BmcCommand[] | null;
}

/** One call to a BMC, or several alike in a row. No secrets. */
export interface BmcCommand {
  /** In words: `read the power state`. */
  command: string;
  /** `ok`, what was read, or the error. */
  answer: string;
  /** Of the first. */
  at: EpochMs;
  times: number;
  /** Of all. */
  duration_ms: number;
}

/** What a step says when it returns. */
export type StepOutcome =
  | { outcome: 'done'; result?: Json }
  /** Give the worker back until `wait_for` happens; at most until `within_ms` from now. null: a client's hold, or no limit set. */
  | { outcome: 'wait'; wait_for: WaitReason; within_ms: number | null; data?: JsonObject }
  /** Look again after `after_ms`, holding the node. */
  | { outcome: 'again'; after_ms: number; data?: JsonObject }
  | { outcome: 'fail'; message: string };
