import type { JsonObject } from './json.ts';
import type { PowerTarget } from './power.ts';
import type { EpochMs, Stored } from './records.ts';
import type { ToolSide } from './tools.ts';

/** What is done with each server: steps of a service (of a cleaning, while it is manageable), or a power action. */
export type ScheduledWork =
  | { kind: 'steps'; steps: JsonObject[]; disable_ramdisk: boolean }
  | { kind: 'power'; target: PowerTarget };

/** How the operating system is brought to its end before the work. */
export interface OsOff {
  /** Seconds that it may take by itself, from the start of the server's turn. */
  wait_s: number;
  /** Then it is asked to shut down, and has so long; 0: it is not asked. */
  soft_s: number;
  /** Then the power is cut; else the work is not done. */
  hard: boolean;
}

/** Servers at once; null: as many as the service allows. */
export interface ScheduleLimits {
  at_once: number | null;
  per_rack: number | null;
  per_project: number | null;
}

export type ScheduleState = 'active' | 'done' | 'cancelled';

/** Work on servers at a time, or in a window that comes again. */
export interface ScheduleRecord extends Stored {
  uuid: string;
  name: string | null;
  /** null: the system's. */
  project: string | null;
  user: string | null;
  request_id: string | null;
  /** Who asked for it: a customer's goes on only while the servers are the project's. */
  side: ToolSide;
  /** Name of the runbook that the work was copied from, or of the tool. */
  what: string;
  work: ScheduledWork;
  servers: string[];
  /** Five fields; null: once, at start_at. */
  cron: string | null;
  /** IANA name, which cron is meant in. */
  time_zone: string;
  start_at: EpochMs | null;
  /** Work begins within so many seconds of a window's start, or not at all. */
  window_s: number;
  os_off: OsOff | null;
  limits: ScheduleLimits;
  state: ScheduleState;
  /** Start of the next window; null: there is none. */
  next_at: EpochMs | null;
  cancelled_at: EpochMs | null;
}

/**
 * - `waiting`: its turn has not come.
 * - `claimed`: it is its turn, within the limits; the operating system is waited for.
 * - `stopping`: the operating system is being shut down, or the power cut.
 * - `working`: the work has begun. `restoring`: it is done, the server is being powered on again.
 * - `done`, `failed`, `cancelled`: over. `missed`: its window ended before the work began.
 */
export type RunState =
  | 'waiting'
  | 'claimed'
  | 'stopping'
  | 'working'
  | 'restoring'
  | 'done'
  | 'failed'
  | 'missed'
  | 'cancelled';

/** One server in one window of a schedule. */
export interface ScheduleRunRecord extends Stored {
  uuid: string;
  schedule_uuid: string;
  server_uuid: string;
  window_start: EpochMs;
  window_end: EpochMs;
  /** For the limits. */
  rack: string | null;
  project: string | null;
  state: RunState;
  claimed_at: EpochMs | null;
  /** When the work began. */
  started_at: EpochMs | null;
  finished_at: EpochMs | null;
  /** What is being waited for. */
  job_id: number | null;
  /** How it is being stopped. */
  how: 'soft' | 'hard' | null;
  /** Whether it was on, and has to be on again afterwards. */
  was_on: boolean;
  /** Whether the run has put the server in maintenance. */
  entered: boolean;
  last_error: string | null;
}

/** States that count for the limits. */
export const ACTIVE_RUNS: readonly RunState[] = ['claimed', 'stopping', 'working', 'restoring'];
export const OPEN_RUNS: readonly RunState[] = ['waiting', ...ACTIVE_RUNS];

/** The smaller of two limits; 0 or null: none. Pure. */
export function tighter(one: number | null, other: number | null): number | null {
  const given = [one, other].filter((limit) => limit !== null && limit > 0) as number[];
  return given.length === 0 ? null : Math.min(...given);
}

/** What comes next while the operating system has to end. Pure. */
export function nextStop(
  os_off: OsOff,
  run: Pick<ScheduleRunRecord, 'state' | 'how' | 'claimed_at'>,
  now: EpochMs,
): 'wait' | 'soft' | 'hard' | 'give up' {
  if (run.state === 'claimed') {
    if (now < (run.claimed_at ?? now) + os_off.wait_s * 1000) return 'wait';
    if (os_off.soft_s > 0) return 'soft';
  }
  return os_off.hard && run.how !== 'hard' ? 'hard' : 'give up';
}
