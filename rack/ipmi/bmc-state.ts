import type { BmcUser } from '../../drivers/ipmi/managed/session-table.ts';
import type { SolPort } from '../../drivers/ipmi/managed/sol-port.ts';
import type { Machine } from '../machine.ts';
import type { BusDevice } from './bridge.ts';
import type { SystemEventLog } from './event-log.ts';
import type { Parameters } from './parameters.ts';
import type { PlainSessions } from './plain-sessions.ts';
import type { Watchdog } from './watchdog.ts';

/** What the commands see of their BMC. */
export interface BmcState {
  readonly machine: Machine;
  /** By place, from user 1 on; replaced, never changed in place. */
  users: readonly BmcUser[];
  readonly cipher_suites: readonly number[];
  /** Of v1.5 sessions, by AUTH_TYPE; none: it has no such sessions. */
  readonly authentication_types: readonly number[];
  readonly plain_sessions: PlainSessions;
  readonly open_sessions: number;
  readonly session_limit: number;
  readonly guid: Uint8Array;
  readonly bmc_key: Uint8Array | null;
  readonly sel: SystemEventLog;
  /** What the BMC's own clock is ahead of the machine's. */
  clock_offset_ms: number;
  readonly lan: Parameters;
  readonly sol: SolPort;
  readonly watchdog: Watchdog;
  /** Performance profiles that processors were told, by socket. */
  readonly speed_select: Map<number, number>;
  /** The controllers behind it, by `placeOf`. */
  readonly bus: ReadonlyMap<number, BusDevice>;
  readonly port: number;
  boot: { keep_flags_on: number; set_in_progress: number; flags_set_ms: number };
  now_ms(): number;
  /** The power state that it tells: the machine's, unless a fault lies. */
  toldPower(): 'on' | 'off';
  closeSession(id: number): boolean;
  reset(kind: 'warm' | 'cold'): void;
}
