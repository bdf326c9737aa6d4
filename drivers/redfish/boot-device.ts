import type { JsonObject } from '../../lifecycle/json.ts';
import {
  type BootControl,
  type BootModeControl,
  DriverError,
  type SecureBootControl,
  type SecureBootKeys,
} from '../contract.ts';
import { bootOf, changeBoot, deviceOf, MODES, refuseMode, SUPPORTED, targetFor } from './boot-override.ts';
import type { Call } from './call.ts';
import { bootsVirtualCd } from './idrac.ts';
import { Refusal } from './message.ts';
import { quirksOf } from './quirks.ts';
import {
  actionIn,
  booleanIn,
  linkIn,
  objectIn,
  type Resource,
  required,
  textIn,
  textsIn,
} from './resources.ts';
import type { System } from './system.ts';

/** The boot override of the ComputerSystem. */
export function redfishBoot(system: System): BootControl {
  const { client, read } = system;
  return {
    supported: SUPPORTED,
    get: (options) =>
      client.within(options, async (call) => {
        const boot = bootOf(await read(call));
        const enabled = textIn(boot, 'BootSourceOverrideEnabled') ?? 'Disabled';
        const target = textIn(boot, 'BootSourceOverrideTarget') ?? 'None';
        if (enabled === 'Disabled' || target === 'None') return { boot_device: null, persistent: null };
        return {
          boot_device: await deviceOf(system, call, boot),
          persistent: enabled === 'Continuous',
        };
      }),
    set: ({ boot_device, persistent, boot_mode }, options) =>
      client.within(options, async (call) => {
        const resource = await read(call);
        const boot = bootOf(resource);
        const { boot_device_names_the_mode, boot_is_changed_whole } = quirksOf(resource, undefined);
        const target = await targetFor(system, call, resource, { boot_device, persistent });
        const now = textIn(boot, 'BootSourceOverrideMode');
        const mode = boot_mode === null ? now : MODES[boot_mode];
        const changes_mode = mode !== null && mode !== now;
        if (changes_mode && 'BootSourceOverrideMode' in boot) refuseMode(system, boot, mode);
        const names_mode = changes_mode || boot_device_names_the_mode || boot_is_changed_whole;
        // BMCs that have no such property refuse the whole change.
        const how = names_mode && 'BootSourceOverrideMode' in boot ? { BootSourceOverrideMode: mode } : {};
        if (boot_device === 'cdrom' && (await bootsVirtualCd(system, call, resource, persistent))) {
          if (changes_mode) await changeBoot(system, call, resource, how);
          return;
        }
        const enabled = textIn(boot, 'BootSourceOverrideEnabled');
        await setOverride(system, call, resource, { ...target, ...how }, { persistent, enabled });
      }),
  };
}

/**
 * Sets an override for all boots or the next one. Some BMCs refuse to be told what is so already (ironic's story 2007355), and some
 * have no override for all boots any more: it is for the next one then, as in Ironic, and said in the log.
 */
async function setOverride(
  system: System,
  call: Call,
  resource: Resource,
  change: JsonObject,
  { persistent, enabled }: { persistent: boolean; enabled: string | null },
): Promise<void> {
  const { client } = system;
  const allowed = textsIn(bootOf(resource), 'BootSourceOverrideEnabled@Redfish.AllowableValues') ?? [];
  const lacks = persistent && allowed.length > 0 && !allowed.includes('Continuous');
  const wished = persistent && !lacks ? 'Continuous' : 'Once';
  const ways = [{ ...change, BootSourceOverrideEnabled: wished }];
  if (wished === enabled) ways.push(change as (typeof ways)[number]);
  if (wished === 'Continuous') ways.push({ ...change, BootSourceOverrideEnabled: 'Once' });
  let refused: unknown;
  for (const way of ways)
    try {
      await changeBoot(system, call, resource, way);
      if (persistent && way.BootSourceOverrideEnabled === 'Once')
        client.warn('The BMC has no boot device for all boots: it is set for the next one.');
      return;
    } catch (error) {
      if (!(error instanceof DriverError) || !['rejected', 'unsupported'].includes(error.code)) throw error;
      refused ??= error;
    }
  throw refused;
}

export function redfishBootMode(system: System): BootModeControl {
  const { client, read } = system;
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
        const boot = objectIn(resource.body, 'Boot') ?? {};
        const mode = textIn(boot, 'BootSourceOverrideMode');
        if (required(resource, 'Boot.BootSourceOverrideMode', mode) === MODES[boot_mode]) return;
        refuseMode(system, boot, MODES[boot_mode]);
        const rest = quirksOf(resource, undefined).boot_is_changed_whole
          ? {
              BootSourceOverrideTarget: textIn(boot, 'BootSourceOverrideTarget') ?? 'Pxe',
              BootSourceOverrideEnabled: textIn(boot, 'BootSourceOverrideEnabled') ?? 'Once',
            }
          : {};
        await changeBoot(system, call, resource, { BootSourceOverrideMode: MODES[boot_mode], ...rest });
      }),
  };
}

/** UEFI secure boot: what the next boots will be, not what the last one was. */
export function redfishSecureBoot({ client, read }: System): SecureBootControl {
  return {
    get: (options) =>
      client.within(options, async (call) => {
        const link = linkIn((await read(call)).body, 'SecureBoot');
        if (link === null) return null;
        try {
          return booleanIn((await client.get(call, link)).body, 'SecureBootEnable');
        } catch (error) {
          // Supermicro tells it to who has bought a licence (opendev.org/openstack/ironic, redfish/management.py).
          if (error instanceof Refusal && error.key === 'OemLicenseNotPassed') return null;
          throw error;
        }
      }),
    set: (enabled, options) =>
      client.within(options, async (call) => {
        const system = await read(call);
        const link = required(system, 'SecureBoot', linkIn(system.body, 'SecureBoot'));
        const resource = await client.get(call, link);
        if (booleanIn(resource.body, 'SecureBootEnable') === enabled) return;
        await client.patch(call, resource, { SecureBootEnable: enabled }, { repeatable: true });
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
