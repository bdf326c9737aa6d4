import type { Clock } from '../../lifecycle/clock.ts';
import type { Transport } from './session.ts';

/** The settings of group `[ipmi]` as the driver takes them. Times in the units of config/options. */
export interface IpmiOptions {
  /** Milliseconds before an unanswered datagram is sent again, at most. */
  command_timeout: number;
  /** Times that a datagram is sent again. */
  command_retries: number;
  /** Least milliseconds between two commands to one BMC. */
  min_command_interval: number;
  /** In order of preference, for nodes that name none. */
  cipher_suite_versions: readonly string[];
  /** Seconds that an unused session is kept. 0: closed at once. */
  session_idle_timeout: number;
  /** Sessions kept at once. */
  max_sessions: number;
  /** Take the 60 s limit off boot flags, for nodes that say nothing. */
  disable_boot_timeout: boolean;
}

/** What all BMCs of a driver share. */
export interface BmcContext {
  transport: Transport;
  clock: Clock;
  options: IpmiOptions;
}
