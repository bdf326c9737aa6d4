import type { Clock } from '../../lifecycle/clock.ts';
import type { BootControl, BootDevice, BootMode, CallOptions } from '../contract.ts';
import { DriverError } from '../contract.ts';
import { isFlaw } from './codec/flaw.ts';
import {
  BOOT_DEVICE_SELECTOR,
  BOOT_PARAMETER,
  decodeBootFlags,
  encodeBootFlags,
  KEEP_FLAGS_ON,
} from './commands/boot-options.ts';
import { getSystemBootOptions } from './commands/get-system-boot-options.ts';
import { setSystemBootOptions } from './commands/set-system-boot-options.ts';
import type { Controller } from './controller.ts';
import { remaining } from './power.ts';

/** Ironic's boot devices that IPMI knows. IPMI v2.0 table 28-14, parameter 5 */
const SELECTORS = {
  pxe: BOOT_DEVICE_SELECTOR.pxe,
  disk: BOOT_DEVICE_SELECTOR.disk,
  cdrom: BOOT_DEVICE_SELECTOR.cdrom,
  bios: BOOT_DEVICE_SELECTOR.biosSetup,
  safe: BOOT_DEVICE_SELECTOR.diskSafeMode,
} as const satisfies Partial<Record<BootDevice, number>>;

const SUPPORTED = ['pxe', 'disk', 'cdrom', 'bios', 'safe'] as const;

/** A persistent device that the BMC would forget and that is told again before each start. */
export interface ForcedBoot {
  boot_device: BootDevice;
  boot_mode: BootMode | null;
}

export interface ForcedBoots {
  get(): ForcedBoot | undefined;
  set(forced: ForcedBoot | null): void;
}

export interface IpmiBoot extends BootControl {
  /** Tells the BMC the forced boot device again, if there is one. */
  force(options: CallOptions): Promise<void>;
}

/** @param disable_timeout take the 60 s limit off the flags. */
export function ipmiBoot(
  bmc: Controller,
  clock: Clock,
  disable_timeout: boolean,
  forced: ForcedBoots,
): IpmiBoot {
  const write = async (
    { boot_device, persistent, boot_mode }: Parameters<BootControl['set']>[0],
    options: CallOptions,
  ): Promise<void> => {
    const left = remaining(clock, options);
    if (disable_timeout) await keepFlags(bmc, options);
    const flags = encodeBootFlags({
      valid: true,
      persistent,
      efi: boot_mode === 'uefi',
      device: selectorOf(bmc, boot_device),
    });
    await bmc.execute(setSystemBootOptions, { parameter: BOOT_PARAMETER.bootFlags, data: flags }, left());
  };
  return {
    supported: SUPPORTED,
    get: async (options) => {
      const answer = await bmc.execute(
        getSystemBootOptions,
        { parameter: BOOT_PARAMETER.bootFlags },
        options,
      );
      const flags = decodeBootFlags(answer.data);
      if (isFlaw(flags))
        throw new DriverError('rejected', `${bmc.name}: the BMC's boot flags make no sense (${flags}).`);
      // As Ironic, whatever the valid bit says: OpenIPMI's BMC never sets it.
      const boot_device = deviceOf(flags.device);
      return { boot_device, persistent: boot_device === null ? null : flags.persistent };
    },
    set: async (change, options) => {
      const { force_boot_device } = bmc.info;
      await write({ ...change, persistent: change.persistent && !force_boot_device }, options);
      if (!force_boot_device) return;
      const { boot_device, boot_mode } = change;
      forced.set(change.persistent ? { boot_device, boot_mode } : null);
    },
    force: async (options) => {
      const device = forced.get();
      if (device !== undefined) await write({ ...device, persistent: false }, options);
    },
  };
}

/** BMCs without the parameter have no such limit, or cannot be helped: Ironic's option says which nodes need it. */
async function keepFlags(bmc: Controller, options: CallOptions): Promise<void> {
  const data = Uint8Array.of(KEEP_FLAGS_ON.timeout);
  try {
    await bmc.execute(setSystemBootOptions, { parameter: BOOT_PARAMETER.flagValidClearing, data }, options);
  } catch (error) {
    if (!(error instanceof DriverError) || (error.code !== 'unsupported' && error.code !== 'rejected'))
      throw error;
  }
}

function selectorOf(bmc: Controller, device: BootDevice): number {
  const selector = (SELECTORS as Partial<Record<BootDevice, number>>)[device];
  if (selector === undefined)
    throw new DriverError('unsupported', `${bmc.name}: IPMI knows no boot device ${device}.`);
  return selector;
}

function deviceOf(selector: number): BootDevice | null {
  return SUPPORTED.find((device) => SELECTORS[device] === selector) ?? null;
}
