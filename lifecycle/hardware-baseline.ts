import { closestRule, compareVersions, type FirmwareRule } from './firmware-baseline.ts';
import type { JsonObject } from './json.ts';
import type { Stored } from './records.ts';

/** A server's settings and firmware as its BMC tells them. null: it does not tell. Plain JSON, for it is kept. */
export interface HardwareState {
  /** Settings that can be written. */
  bios: Record<string, string | null> | null;
  raid: { controller: string; raid_level: string | null; drives: string[] }[] | null;
  /** Without the account that the service logs in with, and without passwords, which no BMC tells. */
  accounts: { name: string; role: string; enabled: boolean }[] | null;
  ntp: string[] | null;
  lan: { source: string; netmask: string; gateway: string | null; vlan_id: number | null } | null;
  firmware: FirmwareState[] | null;
}

export interface FirmwareState {
  component: string;
  version: string;
  /** Of its image, where the BMC measures it. */
  digest: string | null;
  manufacturer: string | null;
  product_name: string | null;
}

/** What a server is brought back to before it goes into stock. Its uuid is the server's. */
export interface ServerBaselineRecord extends Stored {
  uuid: string;
  hardware: HardwareState;
  taken_by: string | null;
}

/** One thing that is not as it should be. */
export interface Difference {
  /** `bios BootMode`, `firmware bmc`, `account eve` … */
  what: string;
  baseline: string | null;
  found: string | null;
}

/** A step that brings something back, as a client could ask for it. */
export interface RestoreStep {
  interface: string;
  step: string;
  args: JsonObject;
}

type Part = Exclude<keyof HardwareState, 'firmware'>;

/** How each part is told apart: the values of what it consists of, by name. */
const VALUES: { [P in Part]: (state: NonNullable<HardwareState[P]>) => Record<string, string | null> } = {
  bios: (bios) => Object.fromEntries(Object.entries(bios).map(([name, value]) => [`bios ${name}`, value])),
  raid: (volumes) =>
    Object.fromEntries(
      volumes.map(({ controller, raid_level, drives }) => [
        `volume on ${controller} of ${drives.toSorted().join(', ')}`,
        raid_level,
      ]),
    ),
  accounts: (accounts) =>
    Object.fromEntries(
      accounts.map(({ name, role, enabled }) => [`account ${name}`, enabled ? role : `${role}, disabled`]),
    ),
  ntp: (servers) => ({ 'NTP servers': servers.toSorted().join(', ') }),
  lan: ({ source, netmask, gateway, vlan_id }) => ({
    'BMC address source': source,
    'BMC netmask': netmask,
    'BMC gateway': gateway,
    'BMC VLAN': vlan_id === null ? null : String(vlan_id),
  }),
};

const PARTS = Object.keys(VALUES) as Part[];

/**
 * What differs from the baseline in settings. A part that the baseline does not have is not looked at; one that cannot be read any more
 * differs. Pure.
 */
export function settingsDifferences(baseline: HardwareState, found: HardwareState): Difference[] {
  return PARTS.flatMap((part): Difference[] => {
    const [wanted, is] = [valuesOf(baseline, part), valuesOf(found, part)];
    if (wanted === null) return [];
    if (is === null) return [{ what: part, baseline: 'readable', found: null }];
    const names = [...new Set([...Object.keys(wanted), ...Object.keys(is)])];
    return names
      .filter((what) => wanted[what] !== is[what])
      .map((what) => ({ what, baseline: wanted[what] ?? null, found: is[what] ?? null }));
  });
}

function valuesOf(state: HardwareState, part: Part): Record<string, string | null> | null {
  const value = state[part];
  return value === null ? null : (VALUES[part] as (of: unknown) => Record<string, string | null>)(value);
}

/**
 * What differs in firmware. A component that a rule names has at least the rule's version, with the rule's digest where it has that very version;
 * every other one has what the server's own baseline says. A digest that changed under the same version is told always. Pure.
 */
export function firmwareDifferences(
  baseline: HardwareState | null,
  found: HardwareState,
  rules: readonly (FirmwareRule & { digest: string | null })[],
): Difference[] {
  const own = new Map((baseline?.firmware ?? []).map((part) => [part.component, part]));
  const seen = new Map((found.firmware ?? []).map((part) => [part.component, part]));
  const differs: Difference[] = [];
  for (const [component, part] of seen) {
    const before = own.get(component);
    own.delete(component);
    const rule = ruleFor(part, rules);
    const what = `firmware ${component}`;
    if (rule !== undefined) {
      if (compareVersions(part.version, rule.version) < 0)
        differs.push({ what, baseline: rule.version, found: part.version });
      else if (part.version === rule.version && otherDigest(rule.digest, part.digest))
        differs.push({ what, baseline: rule.digest, found: part.digest });
    } else if (before !== undefined && before.version !== part.version)
      differs.push({ what, baseline: before.version, found: part.version });
    if (before?.version === part.version && otherDigest(before.digest, part.digest))
      differs.push({ what: `${what} (digest)`, baseline: before.digest, found: part.digest });
  }
  for (const { component, version } of own.values())
    differs.push({ what: `firmware ${component}`, baseline: version, found: null });
  return differs;
}

/** A digest that is wanted and not told differs: what cannot be seen is not proved. */
const otherDigest = (wanted: string | null, told: string | null): boolean =>
  wanted !== null && wanted.toLowerCase() !== told?.toLowerCase();

function ruleFor<R extends FirmwareRule>(
  { component, manufacturer, product_name }: FirmwareState,
  rules: readonly R[],
): R | undefined {
  const kind = firmwareKind(component);
  return closestRule(
    { component: kind, manufacturer: manufacturer ?? '', product_name: product_name ?? '' },
    rules,
  );
}

/** What baselines call a component of a BMC: `nic` of `nic:Slot-1`. */
export const firmwareKind = (component: string): string => component.split(':', 1)[0] ?? component;

/**
 * The steps that bring a server's settings back, as far as steps can: accounts that were added go, volumes are made anew, BIOS settings are
 * written. The BMC's own network is left as it is, since a change could cut the way to it. Pure.
 */
export function restoreSteps(baseline: HardwareState, found: HardwareState): RestoreStep[] {
  return [accountsStep, ntpStep, raidStep, biosStep].flatMap((step) => step(baseline, found) ?? []);
}

type Maker = (baseline: HardwareState, found: HardwareState) => RestoreStep | null;

const accountsStep: Maker = (baseline, found) => {
  if (baseline.accounts === null || found.accounts === null) return null;
  const wanted = new Map(baseline.accounts.map((one) => [one.name, one]));
  const accounts: JsonObject = {};
  for (const { name, role, enabled } of found.accounts) {
    const keep = wanted.get(name);
    if (keep === undefined) accounts[name] = { absent: true };
    else if (keep.role !== role || keep.enabled !== enabled)
      accounts[name] = { role: keep.role, enabled: keep.enabled };
  }
  if (Object.keys(accounts).length === 0) return null;
  return { interface: 'management', step: 'set_bmc_accounts', args: { accounts } };
};

const ntpStep: Maker = (baseline, found) =>
  baseline.ntp === null ||
  found.ntp === null ||
  VALUES.ntp(baseline.ntp)['NTP servers'] === VALUES.ntp(found.ntp)['NTP servers']
    ? null
    : { interface: 'management', step: 'set_bmc_ntp', args: { servers: baseline.ntp } };

function raidDiffers({ raid: wanted }: HardwareState, { raid: is }: HardwareState): boolean {
  if (wanted === null || is === null) return false;
  const text = (volumes: NonNullable<HardwareState['raid']>) =>
    JSON.stringify(Object.entries(VALUES.raid(volumes)).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  return text(wanted) !== text(is);
}

const raidStep: Maker = (baseline, found) => {
  if (baseline.raid === null || !raidDiffers(baseline, found)) return null;
  if (baseline.raid.length === 0) return { interface: 'raid', step: 'delete_configuration', args: {} };
  const logical_disks = baseline.raid.map(({ controller, raid_level, drives }) => ({
    ...{ controller, raid_level, size_gb: 'MAX' },
    physical_disks: [...drives],
  }));
  const args = { delete_existing: true, raid_config: { logical_disks } };
  return { interface: 'raid', step: 'create_configuration', args };
};

const biosStep: Maker = (baseline, found) => {
  if (baseline.bios === null || found.bios === null) return null;
  const is = found.bios;
  const settings = Object.entries(baseline.bios)
    .filter(([name, value]) => value !== null && Object.hasOwn(is, name) && is[name] !== value)
    .map(([name, value]) => ({ name, value }));
  return settings.length === 0
    ? null
    : { interface: 'bios', step: 'apply_configuration', args: { settings } };
};
