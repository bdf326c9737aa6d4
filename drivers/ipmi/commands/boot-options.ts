import { u8 } from '../codec/bytes.ts';
import type { Flaw } from '../codec/flaw.ts';

/** Parameters of the system boot options that we set and get. IPMI v2.0 table 28-14 */
export const BOOT_PARAMETER = {
  setInProgress: 0,
  flagValidClearing: 3,
  infoAcknowledge: 4,
  bootFlags: 5,
} as const;

/** Parameter 0. */
export const SET_IN_PROGRESS = { complete: 0, inProgress: 1 } as const;

/**
 * Parameter 3: causes for which the BMC does NOT clear the boot flags' valid bit. `timeout` is the 60 seconds after
 * which flags set by a remote console would be forgotten.
 */
export const KEEP_FLAGS_ON = {
  powerUpByButton: 0x01,
  resetByButton: 0x02,
  watchdog: 0x04,
  timeout: 0x08,
  pefReset: 0x10,
} as const;

/** Device selector of parameter 5, data 2. */
export const BOOT_DEVICE_SELECTOR = {
  none: 0,
  pxe: 1,
  disk: 2,
  diskSafeMode: 3,
  diagnostic: 4,
  cdrom: 5,
  biosSetup: 6,
  remoteFloppy: 7,
  remoteCdrom: 8,
  remoteMedia: 9,
  remoteDisk: 11,
  floppy: 15,
} as const;

/** Parameter 5. */
export interface BootFlags {
  valid: boolean;
  persistent: boolean;
  efi: boolean;
  device: number;
}

export const BOOT_FLAGS_LENGTH = 5;

export function encodeBootFlags(flags: BootFlags): Uint8Array {
  return Uint8Array.of(
    (flags.valid ? 0x80 : 0) | (flags.persistent ? 0x40 : 0) | (flags.efi ? 0x20 : 0),
    flags.device << 2,
    0,
    0,
    0,
  );
}

export function decodeBootFlags(data: Uint8Array): BootFlags | Flaw {
  if (data.length < 2) return 'truncated';
  return {
    valid: (u8(data, 0) & 0x80) !== 0,
    persistent: (u8(data, 0) & 0x40) !== 0,
    efi: (u8(data, 0) & 0x20) !== 0,
    device: (u8(data, 1) >> 2) & 0x0f,
  };
}
