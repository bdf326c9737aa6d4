import type { JsonObject } from './json.ts';
import { RAID_LEVEL_FACTS } from './raid-plan.ts';

/** A RAID layout that a customer may choose: one volume over disks that are alike. */
export interface RaidOffer {
  raid_level: string;
  disks: number;
  capacity_gb: number;
  /** What an order takes for it. */
  raid_config: JsonObject;
}

/** What is offered, and over how many disks at most. */
const OFFERED = { '0': null, '1': 2, '5': null, '6': null, '1+0': null, JBOD: null } as const;
const GB = 1024 ** 3;

/**
 * The layouts that a server's disks allow, each over as many of its largest set of equal disks as it can take. Pure. What the
 * controller can do is found out when the server is set up.
 *
 * @param inventory the agent's, or a BMC's: disks with their size in bytes; removable ones do not count.
 */
export function raidOffers(inventory: JsonObject): RaidOffer[] {
  const disks = Array.isArray(inventory.disks) ? (inventory.disks as JsonObject[]) : [];
  const sets = new Map<number, number>();
  for (const { size, removable } of disks) {
    const size_gb = Math.floor(Number(size) / GB);
    if (removable !== true && size_gb >= 1) sets.set(size_gb, (sets.get(size_gb) ?? 0) + 1);
  }
  const [size_gb = 0, count = 0] = [...sets].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [];
  return Object.entries(OFFERED).flatMap(([raid_level, most]) => {
    const level = RAID_LEVEL_FACTS[raid_level];
    if (level === undefined) return [];
    const n = Math.min(count, most ?? count);
    const number_of_physical_disks = n - (n % level.group);
    if (number_of_physical_disks < level.least) return [];
    const capacity_gb = size_gb * level.data(number_of_physical_disks);
    const disk = { raid_level, size_gb: 'MAX', is_root_volume: true, number_of_physical_disks };
    const raid_config = { logical_disks: [disk] };
    return [{ raid_level, disks: number_of_physical_disks, capacity_gb, raid_config }];
  });
}
