import { isFlaw } from '../../drivers/ipmi/codec/flaw.ts';
import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import {
  BOOT_DEVICE_SELECTOR,
  BOOT_PARAMETER,
  decodeBootFlags,
  encodeBootFlags,
  KEEP_FLAGS_ON,
} from '../../drivers/ipmi/commands/boot-options.ts';
import { nothing } from '../../drivers/ipmi/commands/command.ts';
import type { BootOverride, FirmwareDevice } from '../machine.ts';
import type { BmcState } from './bmc-state.ts';

const DEVICES: Readonly<Record<number, FirmwareDevice>> = {
  [BOOT_DEVICE_SELECTOR.pxe]: 'pxe',
  [BOOT_DEVICE_SELECTOR.disk]: 'disk',
  [BOOT_DEVICE_SELECTOR.diskSafeMode]: 'safe',
  [BOOT_DEVICE_SELECTOR.cdrom]: 'cdrom',
  [BOOT_DEVICE_SELECTOR.biosSetup]: 'bios',
  [BOOT_DEVICE_SELECTOR.floppy]: 'floppy',
};

/** Flags that nobody asked to keep are forgotten when no boot comes by then. IPMI v2.0 table 28-14, parameter 3 */
const FLAGS_TIMEOUT_MS = 60_000;
/** Set System Boot Options: nothing, or a completion code. IPMI v2.0 28.12 */
export function setBootOption(
  bmc: BmcState,
  { parameter, data }: { parameter: number; data: Uint8Array },
): typeof nothing | number {
  const [first = 0] = data;
  switch (parameter) {
    case BOOT_PARAMETER.setInProgress:
      if (first === 1 && bmc.boot.set_in_progress === 1) return 0x81;
      bmc.boot.set_in_progress = first & 0x03;
      return nothing;
    case BOOT_PARAMETER.flagValidClearing:
      bmc.boot.keep_flags_on = first & 0x1f;
      return nothing;
    case BOOT_PARAMETER.infoAcknowledge:
      return nothing;
    case BOOT_PARAMETER.bootFlags: {
      const flags = decodeBootFlags(data);
      if (isFlaw(flags)) return COMPLETION_CODE.lengthInvalid;
      const device = DEVICES[flags.device];
      if (flags.valid && flags.device !== BOOT_DEVICE_SELECTOR.none && device === undefined)
        return COMPLETION_CODE.invalidData;
      bmc.machine.boot_override =
        flags.valid && device !== undefined
          ? { device, persistent: flags.persistent, mode: flags.efi ? 'uefi' : 'bios' }
          : null;
      bmc.boot.flags_set_ms = bmc.now_ms();
      bmc.machine.note(
        'boot device',
        bmc.machine.boot_override === null ? 'none' : JSON.stringify(bmc.machine.boot_override),
      );
      return nothing;
    }
    default:
      return 0x80;
  }
}

/** A parameter's data; null: the BMC has no such parameter. IPMI v2.0 28.13 */
export function bootOption(bmc: BmcState, parameter: number): Uint8Array | null {
  expireBootFlags(bmc);
  switch (parameter) {
    case BOOT_PARAMETER.setInProgress:
      return Uint8Array.of(bmc.boot.set_in_progress);
    case BOOT_PARAMETER.flagValidClearing:
      return Uint8Array.of(bmc.boot.keep_flags_on);
    case BOOT_PARAMETER.infoAcknowledge:
      return Uint8Array.of(0, 0);
    case BOOT_PARAMETER.bootFlags:
      return encodeBootFlags(flagsOf(bmc.machine.boot_override));
    default:
      return null;
  }
}

function flagsOf(override: BootOverride | null): Parameters<typeof encodeBootFlags>[0] {
  if (override === null) return { valid: false, persistent: false, efi: false, device: 0 };
  const [selector] = Object.entries(DEVICES).find(([, device]) => device === override.device) ?? ['0'];
  return {
    valid: true,
    persistent: override.persistent,
    efi: override.mode === 'uefi',
    device: Number(selector),
  };
}

/** Forgets flags that came more than 60 s ago and that nobody asked to keep. */
export function expireBootFlags(bmc: BmcState): void {
  if (bmc.machine.boot_override === null || (bmc.boot.keep_flags_on & KEEP_FLAGS_ON.timeout) !== 0) return;
  if (bmc.now_ms() - bmc.boot.flags_set_ms <= FLAGS_TIMEOUT_MS) return;
  bmc.machine.boot_override = null;
  bmc.machine.note('boot device', 'forgotten after 60 s');
}
