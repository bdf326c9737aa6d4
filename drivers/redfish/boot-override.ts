import type { JsonObject } from '../../lifecycle/json.ts';
import { type BootDevice, type BootMode, DriverError } from '../contract.ts';
import type { Call } from './call.ts';
import { quirksOf } from './quirks.ts';
import { linkIn, objectIn, type Resource, required, textIn, textsIn } from './resources.ts';
import type { System } from './system.ts';

/** ComputerSystem.BootSource of each device, the best first. */
const TARGETS = {
  pxe: ['Pxe'],
  disk: ['Hdd'],
  cdrom: ['Cd', 'UsbCd'],
  bios: ['BiosSetup'],
  uefihttp: ['UefiHttp'],
} as const satisfies Partial<Record<BootDevice, readonly string[]>>;
type Device = keyof typeof TARGETS;
export const SUPPORTED = Object.keys(TARGETS) as Device[];

export const MODES = { uefi: 'UEFI', bios: 'Legacy' } as const satisfies Record<BootMode, string>;

/** To set an override twice does no harm. */
const AGAIN = { repeatable: true } as const;

/** Targets that name one boot option: the property that says which, and the option's own property (DSP0268, Boot, BootOption). */
const OPTIONS = [
  { target: 'UefiBootNext', named_by: 'BootNext', known_by: 'BootOptionReference' },
  { target: 'UefiTarget', named_by: 'UefiTargetBootSourceOverride', known_by: 'UefiDevicePath' },
] as const;

export function bootOf(resource: Resource): Record<string, unknown> {
  return required(resource, 'Boot', objectIn(resource.body, 'Boot'));
}

/** The device that an override leads to; null: to something that has no name in the API. */
export async function deviceOf(
  system: System,
  call: Call,
  boot: Record<string, unknown>,
): Promise<Device | null> {
  const target = textIn(boot, 'BootSourceOverrideTarget') ?? 'None';
  const by_option = OPTIONS.find((each) => each.target === target);
  if (by_option === undefined) return deviceAt(target);
  const named = textIn(boot, by_option.named_by);
  const options = await system.members(call, linkIn(boot, 'BootOptions'));
  const option = options.find(({ body }) => textIn(body, by_option.known_by) === named);
  return option === undefined ? null : deviceAt(textIn(option.body, 'Alias') ?? '');
}

function deviceAt(target: string): Device | null {
  return SUPPORTED.find((device) => TARGETS[device].some((each) => each === target)) ?? null;
}

/**
 * The properties of an override to a device: by a target that the BMC allows, or else by a boot option of that kind, which is for
 * one boot only. @throws DriverError `unsupported`
 */
export async function targetFor(
  system: System,
  call: Call,
  resource: Resource,
  { boot_device, persistent }: { boot_device: BootDevice; persistent: boolean },
): Promise<JsonObject> {
  const { name } = system.client;
  const refuse = () => new DriverError('unsupported', `${name}: The BMC does not boot from ${boot_device}.`);
  const device = SUPPORTED.find((each) => each === boot_device);
  if (device === undefined) throw refuse();
  const boot = bootOf(resource);
  const allowed = textsIn(boot, 'BootSourceOverrideTarget@Redfish.AllowableValues') ?? [];
  const wished: readonly string[] = TARGETS[device];
  const usb = quirksOf(resource, undefined).virtual_cd_is_usb && allowed.includes('UsbCd');
  const ordered = usb ? wished.toReversed() : wished;
  // An empty list is how some BMCs say nothing.
  const target = allowed.length === 0 ? ordered[0] : ordered.find((each) => allowed.includes(each));
  if (target !== undefined) return { BootSourceOverrideTarget: target };
  const ways = OPTIONS.filter((each) => allowed.includes(each.target));
  if (ways.length === 0) throw refuse();
  for (const { body } of await system.members(call, linkIn(boot, 'BootOptions'))) {
    if (!wished.includes(textIn(body, 'Alias') ?? '')) continue;
    for (const { target, named_by, known_by } of ways) {
      const option = textIn(body, known_by);
      if (option === null) continue;
      if (!persistent) return { BootSourceOverrideTarget: target, [named_by]: option };
      throw new DriverError('unsupported', `${name}: The BMC boots from ${boot_device} for one boot only.`);
    }
  }
  throw refuse();
}

/** @throws DriverError `unsupported`: the BMC says that it has no such mode */
export function refuseMode(system: System, boot: Record<string, unknown>, mode: string): void {
  const allowed = textsIn(boot, 'BootSourceOverrideMode@Redfish.AllowableValues') ?? [];
  if (allowed.length > 0 && !allowed.includes(mode))
    throw new DriverError('unsupported', `${system.client.name}: The BMC has no boot mode ${mode}.`);
}

/**
 * Changes properties of the boot override: in the settings resource of the system those that it has there, as services with a
 * future state want it (DSP0266 9.10, `@Redfish.Settings`), all others in the system itself.
 */
export async function changeBoot(
  { client }: System,
  call: Call,
  resource: Resource,
  change: JsonObject,
): Promise<void> {
  const link = linkIn(objectIn(resource.body, '@Redfish.Settings') ?? {}, 'SettingsObject');
  const settings = link === null ? null : await client.get(call, link);
  const there = settings === null ? {} : (objectIn(settings.body, 'Boot') ?? {});
  const parts = Object.entries(change);
  const [later, now] = [true, false].map((wanted) =>
    Object.fromEntries(parts.filter(([name]) => name in there === wanted)),
  );
  if (settings !== null && Object.keys(later ?? {}).length > 0)
    await client.patch(call, settings, { Boot: later }, AGAIN);
  if (Object.keys(now ?? {}).length > 0) await client.patch(call, resource, { Boot: now }, AGAIN);
}
