import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../lifecycle/clock.ts';
import { addressAfter } from './address-after.ts';
import type { MachineIdentity } from './agent-host.ts';
import { Disk } from './disk.ts';
import { Bmc, type BmcOptions } from './ipmi/bmc.ts';
import { DEFAULT_LIMITS } from './ipxe-script.ts';
import { Machine, type MachineOptions } from './machine.ts';

export interface RackOptions {
  count: number;
  clock: Clock;
  /**
   * Where the BMCs listen: on one address at ports that follow one another (0: any free ones), or on one port of
   * addresses that follow one another, from 127.x.y.z on.
   */
  bmcs?: { address: string; first_port: number } | { first_address: string; port: number };
  /** Base URL of the boot service, asked at each network boot. Default: there is none. */
  boot_url?: () => string | null;
  /** How long waits last compared with real servers. Default 0.02: a 5 s wait of the agent is 0.1 s. */
  time_scale?: number;
  delays_ms?: Partial<MachineOptions['delays_ms']>;
  boot_order?: MachineOptions['boot_order'];
  /** False: kernels and ramdisks are not really downloaded. Default true. */
  download_kernels?: boolean;
  /** Default 1 GiB. */
  disk_bytes?: number;
  /** Of each server, all alike. Default 1. */
  disks?: number;
  name_prefix?: string;
  username?: string;
  /** Default: a random one. */
  password?: string;
  bmc?: Pick<
    BmcOptions,
    'authentication_types' | 'bmc_key' | 'cipher_suites' | 'max_sessions' | 'reset_ms' | 'random'
  >;
}

/** One server of the rack with what an operator would write on its label. */
export interface RackServer {
  machine: Machine;
  bmc: Bmc;
  username: string;
  password: string;
  /** For hardware type `ipmi`. */
  driver_info: { ipmi_address: string; ipmi_port: number; ipmi_username: string; ipmi_password: string };
}

export interface Rack extends AsyncDisposable {
  readonly servers: readonly RackServer[];
}

const MODEL = { manufacturer: 'Kurogane', product_name: 'Virtual Server' };

/** Starts a rack of virtual servers, all off, with blank disks. @throws when an address or port is not to be had. */
export async function startRack(options: RackOptions): Promise<Rack> {
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-rack-'));
  const servers: RackServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(
      servers.map(async ({ bmc, machine }) => {
        await bmc[Symbol.asyncDispose]();
        await machine[Symbol.asyncDispose]();
      }),
    );
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const username = options.username ?? 'admin';
    const password = options.password ?? randomBytes(9).toString('base64url');
    const user = { name: username, password, privilege: 4 };
    for (let i = 0; i < options.count; i += 1) servers.push(await startServer(options, i, folder, user));
    return { servers, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startServer(
  options: RackOptions,
  index: number,
  folder: string,
  user: BmcOptions['users'][number],
): Promise<RackServer> {
  const identity = identityOf(options.name_prefix ?? 'server', index);
  const machine = new Machine({
    clock: options.clock,
    identity,
    disks: Array.from({ length: options.disks ?? 1 }, (_, at) =>
      diskOf(options, identity, at, folder, index),
    ),
    boot_url: options.boot_url ?? (() => null),
    download_kernels: options.download_kernels ?? true,
    ipxe_limits: DEFAULT_LIMITS,
    boot_order: options.boot_order ?? ['pxe', 'disk'],
    delays_ms: { power: 0, soft_off: 20, post: 0, ...options.delays_ms },
    time_scale: options.time_scale ?? 0.02,
  });
  const bmc = await Bmc.start({ machine, users: [user], ...placeOf(options, index), ...options.bmc });
  return {
    machine,
    bmc,
    username: user.name,
    password: user.password,
    driver_info: {
      ipmi_address: bmc.address,
      ipmi_port: bmc.port,
      ipmi_username: user.name,
      ipmi_password: user.password,
    },
  };
}

function diskOf(
  { disk_bytes = 1024 ** 3 }: RackOptions,
  { serial }: MachineIdentity,
  at: number,
  folder: string,
  index: number,
): Disk {
  const letter = String.fromCharCode('a'.charCodeAt(0) + at);
  const facts = { name: `/dev/sd${letter}`, model: 'Virtual Disk', size_bytes: disk_bytes };
  const suffix = at === 0 ? '' : `-${letter}`;
  return new Disk({ ...facts, serial: `D${serial}${suffix}` }, join(folder, `${index}${suffix}.img`));
}

function placeOf(options: RackOptions, index: number): { address: string; port: number } {
  const bmcs = options.bmcs ?? { address: '127.0.0.1', first_port: 0 };
  if ('first_address' in bmcs) return { address: addressAfter(bmcs.first_address, index), port: bmcs.port };
  return { address: bmcs.address, port: bmcs.first_port === 0 ? 0 : bmcs.first_port + index };
}

/** The same for the same name, so that a rack that is started again is the same rack. */
function identityOf(prefix: string, index: number): MachineIdentity {
  const name = `${prefix}-${String(index).padStart(2, '0')}`;
  const hex = createHash('sha256').update(name).digest('hex');
  const uuid = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  const tail = index.toString(16).padStart(4, '0');
  const mac = (port: number): string =>
    `52:54:${hex.slice(32, 34)}:${tail.slice(0, 2)}:${tail.slice(2)}:${String(port).padStart(2, '0')}`;
  return {
    name,
    uuid: uuid.join('-'),
    serial: `KR${hex.slice(40, 48).toUpperCase()}`,
    ...MODEL,
    macs: [mac(0), mac(1)],
    address: '127.0.0.1',
  };
}
