import type { PowerTarget } from '../../lifecycle/power.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type {
  AccountRole,
  BiosSetting,
  BootDevice,
  BootMode,
  CallOptions,
  FirmwareComponent,
  Indicator,
  IndicatorState,
  LanSettings,
  RaidController,
  VirtualMediaSlot,
} from '../contract.ts';
import { type FakeArea, perArea } from './info.ts';

/** A server that exists in memory only. Tests read it and change it behind the driver's back. */
export interface FakeServer {
  /** Its key: `fake_id`, or the node's UUID. */
  readonly key: string;
  power: 'power on' | 'power off';
  boot: { boot_device: BootDevice; persistent: boolean; boot_mode: BootMode | null } | null;
  identify: 'on' | 'off' | { seconds: number };
  nmi_count: number;
  boot_mode: BootMode;
  secure_boot: boolean;
  indicators: (Indicator & { state: IndicatorState })[];
  virtual_media: VirtualMediaSlot[];
  /** Whether the console is started. */
  console: boolean;
  bios: BiosSetting[];
  firmware: FirmwareComponent[];
  health: NodeRecord['health'];
  /** Settings that the next boot takes on. */
  bios_pending: Record<string, string>;
  raid: RaidController[];
  /** Drives that erased themselves, in order. */
  erased: string[];
  /** Work that the BMC goes on with; `work` is done when its time has come. */
  tasks: Map<string, FakeTask>;
  /** Message of the tasks that fail from now on; null: they succeed. */
  task_failure: string | null;
  accounts: FakeAccount[];
  lan: LanSettings;
  /** Milliseconds by which the BMC's clock is ahead. */
  clock_ahead_ms: number;
  ntp_servers: string[];
  /** Names of jobs that were accepted, as an iDRAC has them. */
  job_queue: string[];
  /** The profile of each processor that was told one. */
  speed_select: number[];
  bmc_resets: ('warm' | 'cold')[];
  raw_commands: Uint8Array[];
  /** False: it is silent, as when its network cable is pulled. */
  answers: boolean;
  /** Power commands that were carried out. */
  power_commands: PowerTarget[];
  /** Calls that failed so far because driver_info says so. */
  failed: Record<FakeArea, number>;
}

export interface FakeAccount {
  id: string;
  name: string;
  password: string;
  role: AccountRole;
  enabled: boolean;
}

export interface FakeTask {
  what: 'bios' | 'firmware' | 'raid' | 'erase';
  state: 'running' | 'done' | 'failed';
  message: string | null;
  /** On the monotonic clock. */
  due_ms: number;
  work(): void;
}

/** The servers by key. */
export type FakeServers = Map<string, FakeServer>;

/** Comes to the server, as slowly or in vain as driver_info says. */
export type Enter = (area: FakeArea, options: CallOptions) => Promise<FakeServer>;

/** The server of a key; a new one is off, healthy, boots by UEFI, and has no boot device override. */
export function serverOf(servers: FakeServers, key: string): FakeServer {
  const known = servers.get(key);
  if (known !== undefined) return known;
  const server: FakeServer = {
    key,
    power: 'power off',
    boot: null,
    identify: 'off',
    nmi_count: 0,
    boot_mode: 'uefi',
    secure_boot: false,
    // The lamps of Ironic's fake management interface, lit as there.
    indicators: [
      { component: 'chassis', id: 'led-0', readonly: true, states: ['off', 'on'], state: 'on' },
      { component: 'system', id: 'led', readonly: false, states: ['blinking', 'off', 'on'], state: 'on' },
    ],
    virtual_media: [
      { media_types: ['CD', 'DVD'], inserted: false, image: null },
      { media_types: ['Floppy', 'USBStick'], inserted: false, image: null },
    ],
    console: false,
    bios: [
      setting('BootOrder', 'network,disk', { attribute_type: 'String', min_length: 0, max_length: 64 }),
      setting('ProcCores', '0', { attribute_type: 'Integer', lower_bound: 0, upper_bound: 64 }),
      setting('ProcHyperthreading', 'Enabled', {
        attribute_type: 'Enumeration',
        allowable_values: ['Enabled', 'Disabled'],
        reset_required: true,
      }),
      setting('SerialNumber', key, { attribute_type: 'String', read_only: true, unique: true }),
    ],
    firmware: [
      part('bios', '1.0.0'),
      { ...part('bmc', '1.0.0'), model: 'Fake BMC' },
      { ...part('nic:1', '1.0.0'), vendor: 'Kurogane', model: 'Fake NIC', serial_number: `${key}-1` },
    ],
    health: 'OK',
    bios_pending: {},
    raid: [
      {
        id: 'RAID.1',
        raid_levels: ['JBOD', '0', '1', '5', '1+0'],
        drives: [1, 2, 3, 4].map((slot) => drive(slot, key)),
        volumes: [],
      },
    ],
    erased: [],
    tasks: new Map(),
    task_failure: null,
    accounts: [{ id: '1', name: 'admin', password: 'secret', role: 'administrator', enabled: true }],
    lan: {
      source: 'static',
      address: '127.0.0.2',
      netmask: '255.255.255.0',
      gateway: '127.0.0.1',
      vlan_id: null,
      mac: '52:54:00:00:00:02',
    },
    clock_ahead_ms: 0,
    ntp_servers: [],
    job_queue: [],
    speed_select: [],
    bmc_resets: [],
    raw_commands: [],
    answers: true,
    power_commands: [],
    failed: perArea(() => 0),
  };
  servers.set(key, server);
  return server;
}

function drive(slot: number, key: string): RaidController['drives'][number] {
  return {
    id: `Disk.${slot}`,
    size_gb: 100,
    disk_type: slot <= 2 ? 'ssd' : 'hdd',
    interface_type: slot <= 2 ? 'nvme' : 'sas',
    model: 'Fake Disk',
    serial_number: `${key}-D${slot}`,
  };
}

function setting(name: string, value: string, registry: Partial<BiosSetting>): BiosSetting {
  return {
    name,
    value,
    attribute_type: null,
    allowable_values: null,
    lower_bound: null,
    upper_bound: null,
    min_length: null,
    max_length: null,
    read_only: false,
    reset_required: false,
    unique: false,
    ...registry,
  };
}

function part(component: string, current_version: string): FirmwareComponent {
  return { component, current_version, vendor: null, model: null, serial_number: null };
}
