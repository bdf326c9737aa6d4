import type { VirtualMediaDevice } from '../../lifecycle/virtual-media.ts';
import { type Connection, DriverError, type Indicator, type VirtualMediaSlot } from '../contract.ts';
import type { Enter, FakeServer } from './server.ts';

/** All that a fake server can do besides power and boot device: in memory, with the area's delays and failures. */
export function fakeManagement(
  enter: Enter,
): Required<
  Pick<
    Connection,
    | 'bootMode'
    | 'secureBoot'
    | 'sensors'
    | 'indicators'
    | 'virtualMedia'
    | 'console'
    | 'bios'
    | 'firmware'
    | 'health'
  >
> {
  return {
    bootMode: {
      get: async (options) => (await enter('management', options)).boot_mode,
      set: async (boot_mode, options) => {
        (await enter('management', options)).boot_mode = boot_mode;
      },
    },
    secureBoot: {
      get: async (options) => (await enter('management', options)).secure_boot,
      set: async (enabled, options) => {
        (await enter('management', options)).secure_boot = enabled;
      },
    },
    sensors: {
      read: async (options) => {
        const runs = (await enter('management', options)).power === 'power on';
        const fine = { state: 'Enabled', health: 'OK' };
        return {
          Temperature: { 'Inlet@1': { identity: 'Inlet', reading_celsius: runs ? 24 : 21, ...fine } },
          Fan: { 'Fan1@1': { identity: 'Fan1', reading: runs ? 5400 : 0, reading_units: 'RPM', ...fine } },
        };
      },
    },
    indicators: {
      list: async (options) => {
        const { indicators } = await enter('management', options);
        return indicators.map(({ component, id, readonly, states }) => ({ component, id, readonly, states }));
      },
      get: async (lamp, options) => lampOf(await enter('management', options), lamp).state,
      set: async (lamp, state, options) => {
        const found = lampOf(await enter('management', options), lamp);
        if (found.readonly || !found.states.includes(state))
          throw new DriverError('rejected', `The fake server's lamp ${lamp.id} cannot be set to ${state}.`);
        found.state = state;
      },
    },
    virtualMedia: {
      list: async (options) =>
        (await enter('management', options)).virtual_media.map((slot) => ({ ...slot })),
      attach: async (device_type, image_url, options) => {
        const server = await enter('management', options);
        const slot = server.virtual_media.find((each) => takes(each, device_type));
        if (slot === undefined)
          throw new DriverError('unsupported', `The fake server has no virtual ${device_type}.`);
        Object.assign(slot, { inserted: true, image: image_url });
      },
      detach: async (device_types, options) => {
        const server = await enter('management', options);
        for (const slot of server.virtual_media)
          if (device_types === null || device_types.some((device) => takes(slot, device)))
            Object.assign(slot, { inserted: false, image: null });
      },
    },
    console: {
      start: async (options) => {
        (await enter('console', options)).console = true;
      },
      stop: async (options) => {
        (await enter('console', options)).console = false;
      },
      info: async (options) => {
        const { console, key } = await enter('console', options);
        return console ? { type: 'fake', url: `fake:${encodeURIComponent(key)}` } : null;
      },
    },
    bios: { read: async (options) => structuredClone((await enter('bios', options)).bios) },
    firmware: { read: async (options) => structuredClone((await enter('firmware', options)).firmware) },
    health: { read: async (options) => (await enter('management', options)).health },
  };
}

const MEDIA_TYPES = {
  cdrom: 'CD',
  disk: 'USBStick',
  floppy: 'Floppy',
} as const satisfies Record<VirtualMediaDevice, string>;

function takes(slot: VirtualMediaSlot, device_type: VirtualMediaDevice): boolean {
  return slot.media_types.includes(MEDIA_TYPES[device_type]);
}

function lampOf(server: FakeServer, { component, id }: Pick<Indicator, 'component' | 'id'>) {
  const found = server.indicators.find((lamp) => lamp.component === component && lamp.id === id);
  if (found === undefined)
    throw new DriverError('rejected', `The fake server has no lamp ${id}@${component}.`);
  return found;
}
