import type { Bus } from '../../conductor/bus/bus.ts';
import { openBus } from '../../conductor/bus/open-bus.ts';
import type { ConductorClient } from '../../conductor/client.ts';
import { createConductorClient } from '../../conductor/open-client.ts';
import { type Conductor, type ConductorOptions, startConductor } from '../../conductor/server.ts';
import { loadSettings } from '../../config/load-settings.ts';
import type { Settings } from '../../config/options.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { FasterTime } from '../../db/faster-now.ts';
import { openStore } from '../../db/open-store.ts';
import { newKeyLine, parseKeyRing } from '../../db/secrets.ts';
import type { Store } from '../../db/store.ts';
import type { Driver } from '../../drivers/contract.ts';
import { createFakeDriver } from '../../drivers/fake/driver.ts';
import type { FakeServers } from '../../drivers/fake/server.ts';
import { createDriverRegistry, type DriverRegistry } from '../../drivers/registry.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ProvisionState } from '../../lifecycle/states.ts';
import { eventually } from '../services/eventually.ts';
import { migratedSqlite } from '../services/sqlite-template.ts';

export const CALLER: Caller = {
  request_id: 'req-spec',
  user_id: 'spec-user',
  project_id: 'spec-project',
  system_scope: true,
  roles: ['admin'],
  service_roles: [],
  unrestricted: false,
};

export const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

type Overrides = { [G in keyof Settings]?: Partial<Settings[G]> };

/** A store and a bus in memory, servers in memory, and conductors that a spec starts and stops. */
export interface ConductorBench extends AsyncDisposable {
  readonly store: Store;
  readonly bus: Bus;
  readonly settings: Settings;
  readonly client: ConductorClient;
  readonly drivers: DriverRegistry;
  readonly servers: FakeServers;
  start(hostname?: string, options?: Partial<ConductorOptions>): Promise<Conductor>;
  /** Makes a node of fake hardware. */
  node(fields?: Partial<NodeRecord>): Promise<NodeRecord>;
  /** The node as it is now. */
  read(node: Pick<NodeRecord, 'uuid'>): Promise<NodeRecord>;
  /** Waits until the node is in a state and held by nobody. */
  settled(node: Pick<NodeRecord, 'uuid'>, state: ProvisionState): Promise<NodeRecord>;
}

export const FAKE_INTERFACES = {
  bios_interface: 'no-bios',
  boot_interface: 'fake',
  console_interface: 'no-console',
  deploy_interface: 'fake',
  firmware_interface: 'no-firmware',
  inspect_interface: 'fake',
  management_interface: 'fake',
  network_interface: 'noop',
  power_interface: 'fake',
  raid_interface: 'no-raid',
  rescue_interface: 'no-rescue',
  storage_interface: 'noop',
  vendor_interface: 'no-vendor',
} as const;

export async function startConductorBench(
  overrides: Overrides = {},
  other: { driver?: Driver; connection?: string; transport_url?: string; time?: FasterTime } = {},
): Promise<ConductorBench> {
  const settings = settingsWith(overrides);
  using memory = await migratedSqlite();
  const store = await openStore({
    connection: other.connection ?? memory.connection,
    keys: parseKeyRing(newKeyLine()),
    ...(other.time === undefined ? {} : { time: other.time }),
  });
  await store.upgrade();
  const bus = await openBus({
    transport_url: other.transport_url ?? 'memory://',
    redeliveries: 3,
    clock: systemClock,
    log: SILENT,
  });
  const servers: FakeServers = new Map();
  const drivers = createDriverRegistry([
    other.driver ?? createFakeDriver({ clock: systemClock, log: SILENT }, servers),
  ]);
  const common = { store, bus, settings, clock: systemClock, log: SILENT, drivers };
  const client = await createConductorClient(common);
  const conductors: Conductor[] = [];
  let made = 0;
  const bench: ConductorBench = {
    ...{ store, bus, settings, client, drivers, servers },
    start: async (hostname = 'conductor-1', options = {}) => {
      const conductor = await startConductor({
        ...common,
        hostname,
        periodics: [],
        drain_ms: 1000,
        ...options,
      });
      conductors.push(conductor);
      return conductor;
    },
    node: (fields = {}) =>
      store.nodes.create({
        name: `node-${made++}`,
        driver: 'fake-hardware',
        conductor_group: '',
        ...FAKE_INTERFACES,
        ...fields,
      }),
    read: async ({ uuid }) => {
      const node = await store.nodes.get(uuid);
      if (node === null) throw new Error(`Node ${uuid} is gone.`);
      return node;
    },
    settled: (node, state) =>
      eventually(async () => {
        const now = await bench.read(node);
        if (now.provision_state !== state || now.reservation !== null)
          throw new Error(
            `Node is ${now.provision_state}, held by ${now.reservation}, last_error: ${now.last_error}; not ${state}.`,
          );
        return now;
      }, 10_000),
    [Symbol.asyncDispose]: async () => {
      await (client as AsyncDisposable & ConductorClient)[Symbol.asyncDispose]();
      for (const conductor of conductors) await conductor[Symbol.asyncDispose]();
      await drivers[Symbol.asyncDispose]();
      await bus[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
  return bench;
}

/** The default settings with some changed; times may be fractions of seconds, so that specs need not wait. */
export function settingsWith(overrides: Overrides): Settings {
  const defaults = loadSettings({ env: {} });
  const base: Overrides = {
    DEFAULT: { enabled_hardware_types: ['fake-hardware'] },
    conductor: { node_locked_retry_interval: 0.05, poll_interval: 0.2 },
    agent: { require_tls: false },
  };
  const groups = Object.keys(defaults) as (keyof Settings)[];
  return Object.fromEntries(
    groups.map((group) => [group, { ...defaults[group], ...base[group], ...overrides[group] }]),
  ) as unknown as Settings;
}
