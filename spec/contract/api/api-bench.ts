import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authenticator } from '../../../api/http/authenticator.ts';
import { Unauthorized } from '../../../api/http/authenticator.ts';
import { createLifecycleApi } from '../../../api/lifecycle/server.ts';
import { createPolicy } from '../../../api/openstack/policy/create-policy.ts';
import type { Policy } from '../../../api/openstack/policy/policy.ts';
import { createOpenstackApi } from '../../../api/openstack/server.ts';
import { openBus } from '../../../conductor/bus/open-bus.ts';
import type { ConductorClient } from '../../../conductor/client.ts';
import { createConductorClient } from '../../../conductor/open-client.ts';
import { startConductor } from '../../../conductor/server.ts';
import { loadSettings } from '../../../config/load-settings.ts';
import type { Settings } from '../../../config/options.ts';
import { systemClock } from '../../../config/system-clock.ts';
import { openStore } from '../../../db/open-store.ts';
import { newKeyLine, parseKeyRing } from '../../../db/secrets.ts';
import type { Store } from '../../../db/store.ts';
import { createFakeDriver } from '../../../drivers/fake/driver.ts';
import { createDriverRegistry } from '../../../drivers/registry.ts';
import type { Caller } from '../../../lifecycle/caller.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { migratedSqlite } from '../../services/sqlite-template.ts';

type Overrides = { [G in keyof Settings]?: Partial<Settings[G]> };

/** The bare metal API, and the life-cycle API under /lifecycle, on a loopback port, over a store in memory and one conductor of fake hardware. */
export interface ApiBench extends AsyncDisposable {
  readonly url: string;
  readonly store: Store;
  readonly settings: Settings;
  readonly conductor: ConductorClient;
  /** What the API logged at level error. */
  readonly logged: { facts: JsonObject; message: string }[];
  /** Removes every object but the conductor. */
  clear(): Promise<void>;
}

export interface ApiBenchOptions {
  /** As `[database]connection`. Default: SQLite in memory. */
  connection?: string;
  settings?: Overrides;
  /** As `[DEFAULT]transport_url`. Default: a bus in memory. */
  transport_url?: string;
  /** Stands in for parts of the store, to make it fail. */
  wrapStore?: (store: Store) => Store;
  /** Stands in for the policy, to hear what it is asked. */
  wrapPolicy?: (policy: Policy) => Policy;
}

const ADMIN: Omit<Caller, 'request_id'> = {
  user_id: 'spec-user',
  project_id: null,
  system_scope: true,
  roles: ['admin', 'manager', 'member', 'reader'],
  service_roles: [],
  unrestricted: false,
};

/** Callers of specs: the system's admin, or what the header x-spec-caller says. */
const specAuthenticator: Authenticator = {
  authenticate: async (headers, request_id) => {
    const said = headers['x-spec-caller'];
    if (said === 'nobody') {
      const body = { error: { code: 401, title: 'Unauthorized', message: 'Authentication is required.' } };
      throw new Unauthorized('Keystone uri="http://127.0.0.1:5000"', body);
    }
    const facts = typeof said === 'string' ? (JSON.parse(said) as Partial<Caller>) : {};
    return { ...ADMIN, ...facts, request_id };
  },
};

export async function startApiBench(options: ApiBenchOptions = {}): Promise<ApiBench> {
  const settings = specSettings(options.settings ?? {});
  const wrap = options.wrapStore ?? ((store: Store) => store);
  const wrapPolicy = options.wrapPolicy ?? ((policy: Policy) => policy);
  using memory = await migratedSqlite();
  const store = wrap(
    await openStore({
      connection: options.connection ?? memory.connection,
      keys: parseKeyRing(newKeyLine()),
    }),
  );
  await store.upgrade();
  const logged: ApiBench['logged'] = [];
  const log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (facts: unknown, message?: string) =>
      logged.push({ facts: facts as JsonObject, message: message ?? '' }),
  };
  const transport_url = options.transport_url ?? 'memory://';
  const bus = await openBus({ transport_url, redeliveries: 3, clock: systemClock, log });
  const drivers = createDriverRegistry([createFakeDriver({ clock: systemClock, log })]);
  const common = { store, bus, settings, clock: systemClock, log, drivers };
  const conductor = await createConductorClient(common);
  const worker = await startConductor({ ...common, hostname: 'conductor-1', periodics: [] });
  const served = {
    ...{ settings, store, conductor, log, clock: systemClock },
    policy: wrapPolicy(createPolicy({ settings })),
    authenticator: specAuthenticator,
  };
  const app = await createOpenstackApi(served);
  const lifecycle = await createLifecycleApi(served);
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/lifecycle/') !== true) return app(request, response);
    // As a router that mounts it does.
    request.url = request.url.slice('/lifecycle'.length);
    lifecycle(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    settings,
    conductor,
    logged,
    clear: () => clearStore(store),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await conductor[Symbol.asyncDispose]();
      await worker[Symbol.asyncDispose]();
      await drivers[Symbol.asyncDispose]();
      await bus[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await rm(settings.isos.path, { recursive: true, force: true });
    },
  };
}

/** Fake hardware with every fake interface enabled, and no waiting for locks. */
function specSettings(overrides: Overrides): Settings {
  const defaults = loadSettings({ env: {} });
  const fakes: Overrides = {
    DEFAULT: {
      enabled_hardware_types: ['fake-hardware'],
      enabled_boot_interfaces: ['fake', 'pxe'],
      enabled_deploy_interfaces: ['fake', 'ramdisk'],
      enabled_inspect_interfaces: ['fake', 'no-inspect'],
      enabled_management_interfaces: ['fake'],
      enabled_power_interfaces: ['fake'],
      enabled_vendor_interfaces: ['fake', 'no-vendor'],
    },
    conductor: { node_locked_retry_attempts: 0, poll_interval: 1 },
    isos: { path: join(tmpdir(), `kurogane-spec-isos-${process.pid}`) },
  };
  const groups = Object.keys(defaults) as (keyof Settings)[];
  return Object.fromEntries(
    groups.map((group) => [group, { ...defaults[group], ...fakes[group], ...overrides[group] }]),
  ) as unknown as Settings;
}

async function clearStore(store: Store): Promise<void> {
  const nodes = await store.nodes.list({ include_children: true });
  const children = nodes.filter((node) => node.parent_node !== null);
  for (const { uuid } of [...children, ...nodes]) await store.nodes.delete(uuid);
  const tables = [
    store.chassis,
    store.deploy_templates,
    store.runbooks,
    store.allocations,
    store.inspection_rules,
    store.flavors,
    store.profiles,
    store.ip_addresses,
    store.ip_pools,
    store.cables,
    store.firmware_baselines,
    store.enrolment_tokens,
    store.registrations,
    store.notices,
    store.notice_subscriptions,
    store.models,
    store.work_orders,
    store.bmc_leases,
    store.consoles,
    store.isos,
    store.iso_mounts,
    store.schedule_runs,
    store.schedules,
    store.order_lines,
    store.orders,
    store.quotas,
  ];
  const left = await Promise.all(tables.map((table) => table.list()));
  for (const [index, records] of left.entries())
    for (const { uuid } of records) await tables[index]?.delete(uuid);
}
