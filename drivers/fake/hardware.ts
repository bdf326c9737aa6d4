import type { Clock } from '../../lifecycle/clock.ts';
import { type BiosSetting, type Connection, DriverError, type RaidVolume } from '../contract.ts';
import type { FakeInfo } from './info.ts';
import type { Enter, FakeServer } from './server.ts';
import { startTask } from './tasks.ts';

/** BIOS, firmware, RAID and drives of a fake server that can be changed, with tasks as long as driver_info says. */
export function fakeHardware(
  enter: Enter,
  clock: Clock,
  info: FakeInfo,
): Required<Pick<Connection, 'biosWriter' | 'firmwareUpdater' | 'raid' | 'drives' | 'tasks'>> {
  const bmc = { clock, info };
  return {
    biosWriter: {
      apply: async (settings, options) => {
        const server = await enter('bios', options);
        for (const { name, value } of settings) refuseSetting(server, name, String(value));
        const asked = Object.fromEntries(settings.map(({ name, value }) => [name, String(value)]));
        return startTask(server, bmc, 'bios', () => Object.assign(server.bios_pending, asked));
      },
      pending: async (options) => ({ ...(await enter('bios', options)).bios_pending }),
      factoryReset: async (options) => {
        const server = await enter('bios', options);
        return startTask(server, bmc, 'bios', () => {
          const changeable = server.bios.filter(({ read_only }) => read_only !== true);
          server.bios_pending = Object.fromEntries(
            changeable.map(({ name }) => [name, FACTORY_BIOS[name] ?? '']),
          );
        });
      },
    },
    firmwareUpdater: {
      update: async ({ component, url }, options) => {
        const server = await enter('firmware', options);
        const part = server.firmware.find((each) => each.component === component);
        if (part === undefined)
          throw new DriverError('rejected', `The fake server has no firmware component ${component}.`);
        const version = /([0-9]+(?:\.[0-9]+)+)/.exec(new URL(url).pathname)?.[1] ?? 'unknown';
        return startTask(server, bmc, 'firmware', () => {
          part.current_version = version;
        });
      },
    },
    raid: {
      read: async (options) => structuredClone((await enter('raid', options)).raid),
      create: async ({ controller, raid_level, size_gb, drives, name }, options) => {
        const server = await enter('raid', options);
        const found = controllerOf(server, controller);
        if (!found.raid_levels.includes(raid_level))
          throw new DriverError('rejected', `The controller ${controller} has no RAID ${raid_level}.`);
        const used = new Set(found.volumes.flatMap((volume) => volume.drives));
        const wrong = drives.find((id) => used.has(id) || !found.drives.some((drive) => drive.id === id));
        if (wrong !== undefined) throw new DriverError('rejected', `The drive ${wrong} is not free.`);
        return startTask(server, bmc, 'raid', () => {
          const id = `Volume.${found.volumes.length + 1}`;
          const volume: RaidVolume = { id, name, raid_level, size_gb: size_gb ?? 100, drives: [...drives] };
          const others = server.raid.filter((each) => each.id !== controller);
          server.raid = [...others, { ...found, volumes: [...found.volumes, volume] }];
        });
      },
      delete: async ({ controller, id }, options) => {
        const server = await enter('raid', options);
        controllerOf(server, controller);
        return startTask(server, bmc, 'raid', () => {
          server.raid = server.raid.map((each) =>
            each.id === controller
              ? { ...each, volumes: each.volumes.filter((volume) => volume.id !== id) }
              : each,
          );
        });
      },
    },
    drives: {
      list: async (options) =>
        structuredClone((await enter('raid', options)).raid.flatMap(({ drives }) => drives)),
      erase: async (drive, options) => {
        const server = await enter('raid', options);
        if (!server.raid.some(({ drives }) => drives.some(({ id }) => id === drive)))
          throw new DriverError('rejected', `The fake server has no drive ${drive}.`);
        return startTask(server, bmc, 'erase', () => server.erased.push(drive));
      },
    },
    tasks: {
      read: async (task, options) => {
        const found = (await enter('management', options)).tasks.get(task);
        if (found === undefined) return { state: 'vanished', message: null, percent: null };
        return { state: found.state, message: found.message, percent: found.state === 'done' ? 100 : null };
      },
    },
  };
}

const FACTORY_BIOS: Readonly<Record<string, string>> = {
  BootOrder: 'network,disk',
  ProcCores: '0',
  ProcHyperthreading: 'Enabled',
};

function controllerOf(server: FakeServer, id: string) {
  const found = server.raid.find((controller) => controller.id === id);
  if (found === undefined) throw new DriverError('rejected', `The fake server has no controller ${id}.`);
  return found;
}

function refuseSetting(server: FakeServer, name: string, value: string): void {
  const setting = server.bios.find((each) => each.name === name);
  const why = setting === undefined ? 'it has no such setting' : wrongValue(setting, value);
  if (why !== null)
    throw new DriverError('rejected', `The fake server does not take the BIOS setting ${name}: ${why}.`);
}

function wrongValue(setting: BiosSetting, value: string): string | null {
  if (setting.read_only === true) return 'it is read-only';
  const { allowable_values, lower_bound, upper_bound } = setting;
  if (allowable_values !== null && !allowable_values.includes(value))
    return `it may be ${allowable_values.join(', ')}`;
  const number = Number(value);
  if (lower_bound !== null && !(number >= lower_bound)) return `it may be ${lower_bound} or more`;
  if (upper_bound !== null && !(number <= upper_bound)) return `it may be ${upper_bound} or less`;
  return null;
}
