import { readFile } from 'node:fs/promises';
import { POWER_TARGETS, type PowerTarget } from '../../lifecycle/power.ts';
import {
  type BootControl,
  type Connection,
  type Driver,
  type DriverContext,
  DriverError,
  type PassthruMethod,
  type PowerControl,
  type RaidProfiles,
} from '../contract.ts';
import { BampiClient } from './client.ts';
import { BAMPI_PROPERTIES, type BampiInfo, parseBampiInfo } from './driver-info.ts';
import { BampiHttp } from './http.ts';

const INTERFACES = {
  bios: ['no-bios'],
  boot: ['ipxe', 'pxe'],
  console: ['no-console'],
  deploy: ['bampi', 'direct', 'ramdisk'],
  firmware: ['no-firmware'],
  inspect: ['agent', 'no-inspect'],
  management: ['bampi'],
  network: ['flat', 'neutron', 'noop'],
  power: ['bampi'],
  raid: ['bampi', 'agent', 'no-raid'],
  rescue: ['no-rescue', 'agent'],
  storage: ['noop'],
  vendor: ['bampi', 'no-vendor'],
} as const;

/**
 * The hardware type `bampi`: ITRI's bare metal provisioning service, which speaks for its servers' BMCs. Derived from what a
 * public client of it does; never tried on a real BAMPI.
 */
export function createBampiDriver({ clock }: DriverContext): Driver<BampiInfo> {
  const open = new Set<BampiHttp>();
  return {
    name: 'bampi',
    properties: BAMPI_PROPERTIES,
    interfaces: INTERFACES,
    parse: parseBampiInfo,
    connect: async (info, options) => {
      options.signal?.throwIfAborted();
      const http = new BampiHttp(info, await certificatesOf(info), clock);
      open.add(http);
      return connection(new BampiClient(http, info, clock), info, async () => {
        open.delete(http);
        await http[Symbol.asyncDispose]();
      });
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...open].map((http) => http[Symbol.asyncDispose]()));
      open.clear();
    },
  };
}

/** PEM of the file that bampi_verify_ca names; null: it names none. */
async function certificatesOf({ verify_ca }: BampiInfo): Promise<string | null> {
  if (typeof verify_ca !== 'string') return null;
  try {
    return await readFile(verify_ca, 'utf8');
  } catch {
    throw new DriverError('rejected', 'The file that bampi_verify_ca names cannot be read by the conductor.');
  }
}

const SCRIPT = 'disposable_os_run_script';

function connection(client: BampiClient, info: BampiInfo, close: () => Promise<void>): Connection {
  return {
    power: power(client),
    boot: boot(client),
    tasks: { read: (task, options) => client.task(task, options) },
    raidProfiles: raidProfiles(client, info),
    images: {
      restore: (image, options) => client.startTask('restore_os', image, options),
      running: (image, options) => client.running('restore_os', image, options),
    },
    scripts: {
      run: (script, argument, options) => client.startTask(SCRIPT, script, options, argument ?? undefined),
      running: (script, options) => client.running(SCRIPT, script, options),
    },
    passthru: passthru(client),
    [Symbol.asyncDispose]: close,
  };
}

/** A hard reboot is BAMPI's `reset`, a soft one its `cycle`. It has no soft power off. */
const ORDERS: Readonly<Partial<Record<PowerTarget, 'on' | 'off' | 'reset' | 'cycle'>>> = {
  'power on': 'on',
  'power off': 'off',
  rebooting: 'reset',
  'soft rebooting': 'cycle',
};

function power(client: BampiClient): PowerControl {
  return {
    supported: (Object.keys(POWER_TARGETS) as PowerTarget[]).filter((target) => ORDERS[target] !== undefined),
    get: async (options) => `power ${await client.power(options)}`,
    set: async (target, options) => {
      const order = ORDERS[target];
      if (order === undefined) throw new DriverError('unsupported', `BAMPI has no power action ${target}.`);
      const reboots = order === 'reset' || order === 'cycle';
      const off = reboots && (await client.power(options)) === 'off';
      await client.setPower(off ? 'on' : order, options);
    },
  };
}

const PROFILES = { pxe: 'PXE', disk: 'Disabled' } as const;

/** BAMPI boots a server from the network, or leaves it to its disk, for all boots. */
function boot(client: BampiClient): BootControl {
  return {
    supported: ['pxe', 'disk'],
    get: async (options) => {
      const changes = (await client.history(options)).filter(
        ({ taskType, status }) => taskType === 'change_boot_mode' && status === 'Success',
      );
      const profile = changes.at(-1)?.taskProfile;
      if (profile === undefined) return { boot_device: null, persistent: null };
      return { boot_device: profile === PROFILES.pxe ? 'pxe' : 'disk', persistent: true };
    },
    set: async ({ boot_device }, options) => {
      if (boot_device !== 'pxe' && boot_device !== 'disk')
        throw new DriverError('unsupported', `BAMPI cannot boot from ${boot_device}.`);
      await client.runTask('change_boot_mode', PROFILES[boot_device], options);
    },
  };
}

function raidProfiles(client: BampiClient, { raid_profiles }: BampiInfo): RaidProfiles {
  return {
    find: (disks) => {
      const level = String(disks[0]?.raid_level);
      const profile = Object.hasOwn(raid_profiles, level) ? raid_profiles[level] : undefined;
      if (disks.length === 1 && profile !== undefined) return { profile };
      const known = Object.keys(raid_profiles).join(', ') || 'none';
      return {
        problem: `BAMPI makes one logical disk, of a RAID level that bampi_raid_profiles names: ${known}.`,
      };
    },
    apply: (profile, options) => client.startTask('configure_raid', profile, options),
    clear: (options) => client.startTask('configure_raid', 'clean_up_conf', options),
  };
}

/** What BAMPI has beyond Ironic's interfaces: its images, scripts and tasks. */
function passthru(client: BampiClient): Readonly<Record<string, PassthruMethod>> {
  return {
    restore_os: {
      http_methods: ['POST'],
      async: true,
      description: 'Writes an image to the disk. Arguments: image; options, "default" for a backup.',
      call: async ({ image, options: argument }, options) => ({
        id: await client.startTask(
          'restore_os',
          textOf('image', image),
          options,
          argument === undefined ? undefined : textOf('options', argument),
        ),
      }),
    },
    run_script: {
      http_methods: ['POST'],
      async: true,
      description: 'Runs a script in the disposable OS, such as a backup. Arguments: script; argument.',
      call: async ({ script, argument }, options) => ({
        id: await client.startTask(
          SCRIPT,
          textOf('script', script),
          options,
          argument === undefined ? undefined : textOf('argument', argument),
        ),
      }),
    },
    get_tasks: {
      http_methods: ['GET'],
      async: false,
      description: 'The tasks of the server, newest last.',
      call: (_data, options) => client.history(options),
    },
    get_task_log: {
      http_methods: ['GET'],
      async: false,
      description: 'The log of a task. Argument: id.',
      call: async ({ id }, options) => ({ log: await client.log(textOf('id', id), options) }),
    },
  };
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new DriverError('rejected', `The argument ${name} must be a text that is not empty.`);
}
