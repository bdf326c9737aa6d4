import type { PowerTarget } from '../../lifecycle/power.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type {
  BiosSetting,
  BootDevice,
  BootMode,
  CallOptions,
  FirmwareComponent,
  Indicator,
  IndicatorState,
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
  /** False: it is silent, as when its network cable is pulled. */
  answers: boolean;
  /** Power commands that were carried out. */
  power_commands: PowerTarget[];
  /** Calls that failed so far because driver_info says so. */
  failed: Record<FakeArea, number>;
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
    answers: true,
    power_commands: [],
    failed: perArea(() => 0),
  };
  servers.set(key, server);
  return server;
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
