import type { IpmiOptions } from '../../../drivers/ipmi/driver-options.ts';

/** The defaults of `[ipmi]`, with less patience: loopback answers at once. */
export const QUICK_OPTIONS: IpmiOptions = {
  command_timeout: 100,
  command_retries: 8,
  min_command_interval: 0,
  cipher_suite_versions: ['17', '3'],
  disable_boot_timeout: true,
  session_idle_timeout: 45,
  max_sessions: 100,
};
