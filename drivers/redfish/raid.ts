import {
  type BmcTask,
  type DriveEraser,
  DriverError,
  type RaidControl,
  type RaidController,
} from '../contract.ts';
import type { Call } from './call.ts';
import { membersOf, readAll } from './collection.ts';
import {
  actionIn,
  linkIn,
  linksIn,
  objectIn,
  type Resource,
  required,
  textIn,
  textsIn,
} from './resources.ts';
import {
  bytesOf,
  drivesOf,
  gibOf,
  isSpare,
  levelOf,
  RAID_TYPES,
  raidLevelsOf,
  storagesOf,
} from './storage.ts';
import type { System } from './system.ts';
import { onReset } from './task.ts';

interface Storage {
  facts: RaidController;
  /** The collection that volumes are made in; null: the storage has none. */
  volumes: Resource | null;
  /** Id → path. */
  drives: ReadonlyMap<string, string>;
  volume_paths: ReadonlyMap<string, string>;
}

/** Volumes of the system's storage subsystems (DSP0268, Storage and Volume). A controller's id is its Storage's. */
export function redfishRaid(system: System): RaidControl {
  const { client } = system;
  const storage = async (call: Call, id: string): Promise<Storage> => {
    const found = (await storagesOf(system, call)).find((each) => idOf(each) === id);
    if (found !== undefined) return readStorage(system, call, found);
    throw new DriverError('rejected', `${client.name}: The server has no storage ${id}.`);
  };
  return {
    read: (options) =>
      client.within(options, async (call) => {
        const found: RaidController[] = [];
        for (const each of await storagesOf(system, call))
          found.push((await readStorage(system, call, each)).facts);
        return found;
      }),
    create: ({ controller, raid_level, size_gb, drives, name }, options) =>
      client.within(options, async (call) => {
        const { facts, volumes, drives: paths } = await storage(call, controller);
        const type = RAID_TYPES[raid_level];
        if (volumes === null || type === undefined || !facts.raid_levels.includes(raid_level))
          throw new DriverError(
            'rejected',
            `${client.name}: The storage ${controller} has no RAID ${raid_level}.`,
          );
        const links = drives.map((id) => {
          const path = paths.get(id);
          if (path !== undefined) return { '@odata.id': path };
          throw new DriverError('rejected', `${client.name}: The storage ${controller} has no drive ${id}.`);
        });
        const apply = applyTime(volumes);
        const task = await client.beginPost(call, volumes.path, {
          RAIDType: type,
          Links: { Drives: links },
          ...(size_gb === null ? {} : { CapacityBytes: bytesOf(size_gb) }),
          ...(name === null ? {} : { DisplayName: name }),
          ...apply.body,
        });
        return apply.with_boot ? onReset(task) : task;
      }),
    delete: ({ controller, id }, options) =>
      client.within(options, async (call): Promise<BmcTask> => {
        const path = (await storage(call, controller)).volume_paths.get(id);
        if (path === undefined) return null;
        const apply = applyTime(await client.get(call, path));
        const task = await client.beginDelete(call, path, apply.with_boot ? apply.body : undefined);
        return apply.with_boot ? onReset(task) : task;
      }),
  };
}

/** Drive.SecureErase of each drive. A drive's id is its path here: names are unique within a storage subsystem only. */
export function redfishDrives(system: System): DriveEraser {
  const { client } = system;
  return {
    list: (options) =>
      client.within(options, async (call) => {
        const found = [];
        for (const storage of await storagesOf(system, call))
          found.push(...(await drivesOf(system, call, storage)));
        return found.map(({ resource, drive }) => ({ ...drive, id: resource.path }));
      }),
    erase: (drive, options) =>
      client.within(options, async (call) => {
        const resource = await client.get(call, drive);
        const action = actionIn(resource, 'Drive.SecureErase', 'SanitizationType');
        return client.beginPost(call, required(resource, '#Drive.SecureErase', action).target, {});
      }),
  };
}

async function readStorage(system: System, call: Call, resource: Resource): Promise<Storage> {
  const { client } = system;
  const drives = (await drivesOf(system, call, resource)).filter((each) => !isSpare(each.resource));
  const link = linkIn(resource.body, 'Volumes');
  const collection = link === null ? null : await client.get(call, link);
  const volumes =
    collection === null ? [] : await readAll(client, call, await membersOf(client, call, collection.path));
  const ids = new Map(drives.map(({ resource: { path }, drive }) => [path, drive.id]));
  return {
    facts: {
      id: idOf(resource),
      raid_levels: await raidLevelsOf(system, call, resource, collection),
      drives: drives.map(({ drive }) => drive),
      volumes: volumes.flatMap((volume) => {
        const raid_level = levelOf(volume);
        if (raid_level === 'raw') return [];
        const { body } = volume;
        return {
          id: idOf(volume),
          name: textIn(body, 'DisplayName') ?? textIn(body, 'Name'),
          raid_level,
          size_gb: gibOf(body),
          drives: linksIn(objectIn(body, 'Links') ?? {}, 'Drives').map((path) => ids.get(path) ?? path),
        };
      }),
    },
    volumes: collection,
    drives: new Map(drives.map(({ resource: { path }, drive }) => [drive.id, path])),
    volume_paths: new Map(volumes.map((volume) => [idOf(volume), volume.path])),
  };
}

function idOf({ path, body }: Resource): string {
  return textIn(body, 'Id') ?? path;
}

/** At once where that can be (DSP0266 9.11, `@Redfish.OperationApplyTime`); with the next boot where it has to be. */
function applyTime({ body }: Resource): { body: object; with_boot: boolean } {
  const support = objectIn(body, '@Redfish.OperationApplyTimeSupport') ?? {};
  const times = textsIn(support, 'SupportedValues') ?? [];
  const time = ['Immediate', 'OnReset'].find((each) => times.includes(each));
  if (time === undefined) return { body: {}, with_boot: false };
  return { body: { '@Redfish.OperationApplyTime': time }, with_boot: time === 'OnReset' };
}
