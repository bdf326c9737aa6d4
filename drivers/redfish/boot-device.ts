import {
  type BootControl,
  type BootDevice,
  type BootMode,
  type BootModeControl,
  DriverError,
  type SecureBootControl,
  type SecureBootKeys,
} from '../contract.ts';
import { quirksOf } from './quirks.ts';
import { actionIn, booleanIn, linkIn, objectIn, required, textIn, textsIn } from './resources.ts';
import type { System } from './system.ts';

/** ComputerSystem.BootSource. */
const TARGETS = {
  pxe: 'Pxe',
  disk: 'Hdd',
  cdrom: 'Cd',
  bios: 'BiosSetup',
  uefihttp: 'UefiHttp',
} as const satisfies Partial<Record<BootDevice, string>>;
const SUPPORTED = Object.keys(TARGETS) as (keyof typeof TARGETS)[];

const MODES = { uefi: 'UEFI', bios: 'Legacy' } as const satisfies Record<BootMode, string>;

/** The boot override of the ComputerSystem. */
export function redfishBoot({ client, read }: System): BootControl {
  return {
    supported: SUPPORTED,
    get: (options) =>
      client.within(options, async (call) => {
        const resource = await read(call);
        const boot = required(resource, 'Boot', objectIn(resource.body, 'Boot'));
        const enabled = textIn(boot, 'BootSourceOverrideEnabled') ?? 'Disabled';
        const target = textIn(boot, 'BootSourceOverrideTarget') ?? 'None';
        if (enabled === 'Disabled' || target === 'None') return { boot_device: null, persistent: null };
        const boot_device = SUPPORTED.find((device) => TARGETS[device] === target) ?? null;
        return { boot_device, persistent: enabled === 'Continuous' };
      }),
    set: ({ boot_device, persistent, boot_mode }, options) =>
      client.within(options, async (call) => {
        const resource = await read(call);
        const boot = required(resource, 'Boot', objectIn(resource.body, 'Boot'));
        const target = SUPPORTED.find((device) => device === boot_device);
        const allowed = textsIn(boot, 'BootSourceOverrideTarget@Redfish.AllowableValues') ?? [];
        // An empty list is how some BMCs say nothing.
        if (target === undefined || (allowed.length > 0 && !allowed.includes(TARGETS[target])))
          throw new DriverError('unsupported', `${client.name}: The BMC does not boot from ${boot_device}.`);
        const now = textIn(boot, 'BootSourceOverrideMode');
        const mode = boot_mode === null ? now : MODES[boot_mode];
        const names_mode = mode !== now || quirksOf(resource, undefined).boot_device_names_the_mode;
        await client.patch(call, resource, {
          Boot: {
            BootSourceOverrideTarget: TARGETS[target],
            BootSourceOverrideEnabled: persistent ? 'Continuous' : 'Once',
            // BMCs that have no such property refuse the whole change.
            ...(names_mode && 'BootSourceOverrideMode' in boot ? { BootSourceOverrideMode: mode } : {}),
          },
        });
      }),
  };
}

export function redfishBootMode({ client, read }: System): BootModeControl {
  return {
    get: (options) =>
      client.within(options, async (call) => {
        const mode = textIn(objectIn((await read(call)).body, 'Boot') ?? {}, 'BootSourceOverrideMode');
        if (mode === MODES.uefi) return 'uefi';
        return mode === MODES.bios ? 'bios' : null;
      }),
    set: (boot_mode, options) =>
      client.within(options, async (call) => {
        const resource = await read(call);
        const mode = textIn(objectIn(resource.body, 'Boot') ?? {}, 'BootSourceOverrideMode');
        if (required(resource, 'Boot.BootSourceOverrideMode', mode) === MODES[boot_mode]) return;
        await client.patch(call, resource, { Boot: { BootSourceOverrideMode: MODES[boot_mode] } });
      }),
  };
}

/** UEFI secure boot: what the next boots will be, not what the last one was. */
export function redfishSecureBoot({ client, read }: System): SecureBootControl {
  return {
    get: (options) =>
      client.within(options, async (call) => {
        const link = linkIn((await read(call)).body, 'SecureBoot');
        return link === null ? null : booleanIn((await client.get(call, link)).body, 'SecureBootEnable');
      }),
    set: (enabled, options) =>
      client.within(options, async (call) => {
        const system = await read(call);
        const link = required(system, 'SecureBoot', linkIn(system.body, 'SecureBoot'));
        const resource = await client.get(call, link);
        if (booleanIn(resource.body, 'SecureBootEnable') === enabled) return;
        await client.patch(call, resource, { SecureBootEnable: enabled });
      }),
  };
}

const KEY_RESETS = { default: 'ResetAllKeysToDefault', none: 'DeleteAllKeys' } as const;

/** The keys that UEFI secure boot checks by. */
export function redfishSecureBootKeys({ client, read }: System): SecureBootKeys {
  return {
    reset: (to, options) =>
      client.within(options, async (call) => {
        const system = await read(call);
        const link = required(system, 'SecureBoot', linkIn(system.body, 'SecureBoot'));
        const resource = await client.get(call, link);
        const action = actionIn(resource, 'SecureBoot.ResetKeys', 'ResetKeysType');
        const { target } = required(resource, '#SecureBoot.ResetKeys', action);
        await client.post(call, target, { ResetKeysType: KEY_RESETS[to] });
      }),
  };
}
