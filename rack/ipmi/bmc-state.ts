import type { Machine } from '../machine.ts';
import type { SystemEventLog } from './event-log.ts';
import type { BmcUser } from './session-table.ts';

/** What the commands see of their BMC. */
export interface BmcState {
  readonly machine: Machine;
  readonly users: readonly BmcUser[];
  readonly cipher_suites: readonly number[];
  readonly guid: Uint8Array;
  readonly sel: SystemEventLog;
  boot: { keep_flags_on: number; set_in_progress: number; flags_set_ms: number };
  now_ms(): number;
  /** The power state that it tells: the machine's, unless a fault lies. */
  toldPower(): 'on' | 'off';
  closeSession(id: number): boolean;
  reset(kind: 'warm' | 'cold'): void;
}
