import type { JsonObject } from './json.ts';

/**
 * Which drives become which volumes: Ironic's target_raid_config against what the controllers have. Pure.
 * Source: Ironic's RAID configuration schema.
 */

export interface RaidDriveFacts {
  id: string;
  size_gb: number;
  disk_type: string | null;
  interface_type: string | null;
}

export interface RaidControllerFacts {
  id: string;
  raid_levels: readonly string[];
  drives: readonly RaidDriveFacts[];
  /** Volumes that stay: their drives are taken. */
  volumes: readonly { drives: readonly string[] }[];
}

/** One volume to make. `size_gb` null: all that the drives give. */
export interface PlannedVolume {
  controller: string;
  raid_level: string;
  size_gb: number | null;
  drives: string[];
  name: string | null;
  is_root_volume: boolean;
}

export interface RaidLevelFacts {
  least: number;
  /** Drives must be a multiple of it. */
  group: number;
  /** Drives' worth of data of `n` drives. */
  data(n: number): number;
}

/** What each RAID level asks of its drives. */
export const RAID_LEVEL_FACTS: Readonly<Record<string, RaidLevelFacts>> = {
  JBOD: { least: 1, group: 1, data: (n) => n },
  '0': { least: 1, group: 1, data: (n) => n },
  '1': { least: 2, group: 2, data: () => 1 },
  '2': { least: 3, group: 1, data: (n) => n - 1 },
  '5': { least: 3, group: 1, data: (n) => n - 1 },
  '6': { least: 4, group: 1, data: (n) => n - 2 },
  '1+0': { least: 4, group: 2, data: (n) => n / 2 },
  '5+0': { least: 6, group: 2, data: (n) => n - 2 },
  '6+0': { least: 8, group: 2, data: (n) => n - 4 },
};

/** The logical disks of target_raid_config that a step is to make. */
export function wantedDisks(
  target_raid_config: JsonObject,
  which: { root: boolean; nonroot: boolean },
): JsonObject[] {
  const { logical_disks } = target_raid_config;
  const disks = Array.isArray(logical_disks) ? (logical_disks as JsonObject[]) : [];
  return disks.filter((disk) => (disk.is_root_volume === true ? which.root : which.nonroot));
}

/** What is wrong with logical disks, whatever the hardware; empty: nothing. */
export function diskProblems(disks: readonly JsonObject[]): string[] {
  const problems = disks.flatMap((disk, i) => {
    const where = `logical_disks/${i}`;
    const { size_gb, raid_level, share_physical_disks } = disk;
    const found: string[] = [];
    if (size_gb !== 'MAX' && !(typeof size_gb === 'number' && size_gb > 0))
      found.push(`${where}/size_gb must be a number above 0 or MAX.`);
    if (typeof raid_level !== 'string' || !Object.hasOwn(RAID_LEVEL_FACTS, raid_level))
      found.push(`${where}/raid_level must be one of ${Object.keys(RAID_LEVEL_FACTS).join(', ')}.`);
    if (share_physical_disks === true)
      found.push(`${where}: share_physical_disks is not supported out of band.`);
    return found;
  });
  if (disks.filter(({ is_root_volume }) => is_root_volume === true).length > 1)
    problems.push('Only one logical disk may be the root volume.');
  return problems;
}

/**
 * Finds drives for every logical disk: those that name their drives first, then those of a given size, then MAX; each on the
 * first controller that can do it, with as few drives as do. MAX takes the least drives of its level unless
 * number_of_physical_disks says more.
 */
export function planRaid(
  disks: readonly JsonObject[],
  controllers: readonly RaidControllerFacts[],
): { volumes: PlannedVolume[] } | { problems: string[] } {
  const problems = diskProblems(disks);
  if (problems.length > 0) return { problems };
  const taken = new Set(
    controllers.flatMap(({ id, volumes }) =>
      volumes.flatMap(({ drives }) => drives.map((drive) => key(id, drive))),
    ),
  );
  const placed = new Map<JsonObject, PlannedVolume>();
  for (const disk of [...disks].sort((a, b) => rank(a) - rank(b))) {
    const volume = place(disk, controllers, taken);
    if (typeof volume === 'string') problems.push(`logical_disks/${disks.indexOf(disk)}: ${volume}`);
    else {
      placed.set(disk, volume);
      for (const drive of volume.drives) taken.add(key(volume.controller, drive));
    }
  }
  if (problems.length > 0) return { problems };
  return { volumes: disks.flatMap((disk) => placed.get(disk) ?? []) };
}

function key(controller: string, drive: string): string {
  return `${controller}\n${drive}`;
}

function rank(disk: JsonObject): number {
  if (Array.isArray(disk.physical_disks)) return 0;
  return disk.size_gb === 'MAX' ? 2 : 1;
}

function place(
  disk: JsonObject,
  controllers: readonly RaidControllerFacts[],
  taken: ReadonlySet<string>,
): PlannedVolume | string {
  const raid_level = String(disk.raid_level);
  const level = RAID_LEVEL_FACTS[raid_level];
  if (level === undefined) return `there is no RAID ${raid_level}.`;
  const able = controllers.filter(
    ({ id, raid_levels }) =>
      (disk.controller === undefined || disk.controller === id) && raid_levels.includes(raid_level),
  );
  if (able.length === 0)
    return disk.controller === undefined
      ? `no controller can do RAID ${raid_level}.`
      : `the controller ${String(disk.controller)} does not exist or cannot do RAID ${raid_level}.`;
  for (const controller of able) {
    const drives = chooseDrives(disk, level, controller, taken);
    if (drives !== null)
      return {
        ...{ controller: controller.id, raid_level, drives },
        size_gb: typeof disk.size_gb === 'number' ? disk.size_gb : null,
        name: typeof disk.volume_name === 'string' ? disk.volume_name : null,
        is_root_volume: disk.is_root_volume === true,
      };
  }
  return `not enough free physical disks for RAID ${raid_level} of ${String(disk.size_gb)} GiB.`;
}

function chooseDrives(
  disk: JsonObject,
  level: RaidLevelFacts,
  controller: RaidControllerFacts,
  taken: ReadonlySet<string>,
): string[] | null {
  const free = controller.drives.filter((drive) => !taken.has(key(controller.id, drive.id)));
  const named = Array.isArray(disk.physical_disks) ? disk.physical_disks.map(String) : null;
  const fits = free
    .filter((drive) => named === null || named.includes(drive.id))
    .filter(({ disk_type }) => disk.disk_type === undefined || disk.disk_type === disk_type)
    .filter(
      ({ interface_type }) => disk.interface_type === undefined || disk.interface_type === interface_type,
    )
    .sort((a, b) => b.size_gb - a.size_gb);
  const count = named?.length ?? disk.number_of_physical_disks;
  const counts = typeof count === 'number' ? [count] : Array.from({ length: fits.length }, (_, i) => i + 1);
  for (const n of counts) {
    if (n < level.least || n % level.group !== 0 || n > fits.length) continue;
    const chosen = fits.slice(0, n);
    const capacity_gb = level.data(n) * Math.min(...chosen.map(({ size_gb }) => size_gb));
    if (disk.size_gb === 'MAX' || capacity_gb >= Number(disk.size_gb)) return chosen.map(({ id }) => id);
  }
  return null;
}
