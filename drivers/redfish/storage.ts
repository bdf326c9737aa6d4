import type { RaidDrive, RaidLevel } from '../contract.ts';
import type { Call } from './call.ts';
import { readAll } from './collection.ts';
import { arrayIn, isObject, linkIn, linksIn, objectIn, type Resource, textIn, textsIn } from './resources.ts';
import type { System } from './system.ts';

/** Volume.RAIDType of each level; `None`: drives that are handed through. */
export const RAID_TYPES: Readonly<Partial<Record<RaidLevel, string>>> = {
  JBOD: 'None',
  '0': 'RAID0',
  '1': 'RAID1',
  '5': 'RAID5',
  '6': 'RAID6',
  '1+0': 'RAID10',
  '5+0': 'RAID50',
  '6+0': 'RAID60',
};
const LEVELS = Object.keys(RAID_TYPES) as RaidLevel[];
/** Volume.VolumeType, which RAIDType has taken the place of in 2020. */
const VOLUME_TYPES: Readonly<Record<string, RaidLevel>> = {
  NonRedundant: '0',
  Mirrored: '1',
  StripedWithParity: '5',
  SpannedMirrors: '1+0',
  SpannedStripesWithParity: '5+0',
};
const DISK_TYPES: Readonly<Record<string, RaidDrive['disk_type']>> = { HDD: 'hdd', SSD: 'ssd' };
const INTERFACES: Readonly<Record<string, RaidDrive['interface_type']>> = {
  SATA: 'sata',
  SAS: 'sas',
  NVMe: 'nvme',
  PCIe: 'nvme',
};
const GIB = 1024 ** 3;

/** The storage subsystems of a system. */
export async function storagesOf(system: System, call: Call): Promise<Resource[]> {
  return system.members(call, linkIn((await system.read(call)).body, 'Storage'));
}

/** The drives of a storage subsystem that are there. */
export async function drivesOf(
  { client }: System,
  call: Call,
  storage: Resource,
): Promise<{ resource: Resource; drive: RaidDrive }[]> {
  const resources = await readAll(client, call, linksIn(storage.body, 'Drives'));
  return resources
    .filter(({ body }) => textIn(objectIn(body, 'Status') ?? {}, 'State') !== 'Absent')
    .map((resource) => ({ resource, drive: driveOf(resource) }));
}

function driveOf({ path, body }: Resource): RaidDrive {
  return {
    id: textIn(body, 'Id') ?? path,
    size_gb: gibOf(body),
    disk_type: DISK_TYPES[textIn(body, 'MediaType') ?? ''] ?? null,
    interface_type: INTERFACES[textIn(body, 'Protocol') ?? ''] ?? null,
    model: textIn(body, 'Model'),
    serial_number: textIn(body, 'SerialNumber'),
  };
}

/** Drives that stand by for others belong to no volume, and are not free either. */
export function isSpare({ body }: Resource): boolean {
  return !['None', ''].includes(textIn(body, 'HotspareType') ?? '');
}

/** Whole GiB of CapacityBytes. */
export function gibOf(body: object): number {
  const { CapacityBytes } = body as { CapacityBytes?: unknown };
  return typeof CapacityBytes === 'number' ? Math.floor(CapacityBytes / GIB) : 0;
}

export function bytesOf(size_gb: number): number {
  return Math.round(size_gb * GIB);
}

/** What the storage's controllers can make, or else what its volumes say; empty: it makes no volumes. */
export async function raidLevelsOf(
  system: System,
  call: Call,
  storage: Resource,
  volumes: Resource | null,
): Promise<RaidLevel[]> {
  const own = arrayIn(storage.body, 'StorageControllers').filter(isObject);
  const linked = await system.members(call, linkIn(storage.body, 'Controllers'));
  const types = [...own, ...linked.map(({ body }) => body)].flatMap(
    (controller) => textsIn(controller, 'SupportedRAIDTypes') ?? [],
  );
  const told = volumes === null ? [] : (textsIn(volumes.body, 'RAIDType@Redfish.AllowableValues') ?? []);
  const supported = types.length > 0 ? types : told;
  return LEVELS.filter((level) => supported.includes(RAID_TYPES[level] ?? ''));
}

/** The level of a volume; null: one that has no name here. `raw`: a drive that its BMC shows as a volume, and is none. */
export function levelOf({ body }: Resource): RaidLevel | 'raw' | null {
  const type = textIn(body, 'RAIDType');
  if (type !== null) return LEVELS.find((level) => RAID_TYPES[level] === type) ?? null;
  const older = textIn(body, 'VolumeType') ?? '';
  return older === 'RawDevice' ? 'raw' : (VOLUME_TYPES[older] ?? null);
}
