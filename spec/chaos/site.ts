import { createHash } from 'node:crypto';
import { startParts } from '../../bin/parts.ts';
import { openBus } from '../../conductor/bus/open-bus.ts';
import type { ConductorClient } from '../../conductor/client.ts';
import { createConductorClient } from '../../conductor/open-client.ts';
import { systemClock } from '../../config/system-clock.ts';
import { openStore } from '../../db/open-store.ts';
import { newKeyLine, parseKeyRing } from '../../db/secrets.ts';
import type { Store } from '../../db/store.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { type RedfishServer, startRedfishRack } from '../../rack/redfish/redfish-rack.ts';
import { AGENT_INTERFACES, startAgentFront } from '../conductor/agent-bench.ts';
import { SILENT, settingsWith } from '../conductor/conductor-bench.ts';
import { type MariadbServer, startMariadb } from '../services/mariadb.ts';
import { type RabbitmqServer, startRabbitmq } from '../services/rabbitmq.ts';
import { startTcpRelay, type TcpRelay } from '../services/tcp-relay.ts';
import { type ApiProcess, startApiProcess } from './api-process.ts';
import type { StartOrder } from './protocol.ts';

/** Quick stand-ins, a short lease, and no work but what the run asks for. */
const settingsFor = (lease_timeout: number): StartOrder['settings'] => ({
  DEFAULT: { enabled_hardware_types: ['ipmi', 'redfish'] },
  conductor: {
    lease_timeout,
    poll_interval: 0.2,
    heartbeat_interval: 1,
    heartbeat_timeout: 20,
    node_locked_retry_interval: 0.05,
    call_timeout: 20,
    sync_power_state_interval: 0,
  },
  agent: { require_tls: true },
  // Sent again soon, and for as long as by default: BMCs lose a part of what they are told.
  ipmi: { command_timeout: 250, command_retries: 16 },
});

/** Of all nodes; what allocations ask for. */
export const RESOURCE_CLASS = 'chaos';
/** A runbook that all nodes take. */
export const RUNBOOK = 'CUSTOM_CHAOS';

const IMAGE = Buffer.alloc(100_000, 'kurogane');

const BMC_INTERFACES = {
  ipmi: { power_interface: 'ipmitool', management_interface: 'ipmitool', vendor_interface: 'ipmitool' },
  redfish: { power_interface: 'redfish', management_interface: 'redfish', vendor_interface: 'no-vendor' },
} as const;

/** A node of the chaos run with the server behind it. */
export interface Subject {
  uuid: string;
  driver: 'ipmi' | 'redfish';
  server: RedfishServer;
}

/** Where the chaos run takes place: MariaDB, RabbitMQ, servers with BMCs on UDP, and what an API process does for them. */
export interface Site extends AsyncDisposable {
  readonly mariadb: MariadbServer;
  readonly rabbitmq: RabbitmqServer;
  /** Between all others and RabbitMQ. */
  readonly relay: TcpRelay;
  readonly api: ApiProcess;
  readonly store: Store;
  readonly client: ConductorClient;
  readonly subjects: readonly Subject[];
  readonly image_url: string;
  readonly sha256: string;
  order(hostname: string): StartOrder;
  read(subject: Pick<Subject, 'uuid'>): Promise<NodeRecord>;
}

/** @param lease_s length of a lease: a busy machine takes a short one away from conductors that live. */
export async function startSite(count: number, lease_s: number): Promise<Site> {
  const overrides = settingsFor(lease_s);
  return startParts(async (parts) => {
    const [mariadb, rabbitmq] = await Promise.all([
      startMariadb().then((server) => parts.own(server)),
      startRabbitmq().then((server) => parts.own(server)),
    ]);
    const connection = await mariadb.newDatabase('chaos');
    const relay = parts.own(await startTcpRelay(rabbitmq.port));
    const transport_url = rabbitmq.url.replace(/:\d+$/, `:${relay.port}`);
    const key = newKeyLine();
    const settings = settingsWith(overrides);
    const store = parts.own(await openStore({ connection, keys: parseKeyRing(key) }));
    await store.upgrade();
    const common = { settings, clock: systemClock, log: SILENT };
    const bus = parts.own(await openBus({ ...common, transport_url, redeliveries: 3 }));
    const client = parts.own(await createConductorClient({ ...common, store, bus }));
    const front = parts.own(await startAgentFront(store, () => client, IMAGE));
    const rack = parts.own(
      await startRedfishRack({
        count,
        clock: systemClock,
        boot_url: () => front.url,
        time_scale: 0.01,
        boot_order: ['disk'],
        // No real server boots at once.
        delays_ms: { soft_off: 5, post: 120_000 },
        // Conductors die more often here than sessions of BMCs expire.
        bmc: { max_sessions: 4096 },
      }),
    );
    const subjects = await Promise.all(
      rack.servers.map(async (server, index): Promise<Subject> => {
        const driver = index % 2 === 0 ? 'ipmi' : 'redfish';
        const { uuid } = await store.nodes.create({
          name: server.machine.identity.name,
          driver,
          conductor_group: '',
          ...AGENT_INTERFACES,
          ...BMC_INTERFACES[driver],
          rescue_interface: 'agent',
          resource_class: RESOURCE_CLASS,
          driver_info:
            driver === 'ipmi'
              ? server.driver_info
              : { ...server.redfish_info, redfish_verify_ca: false, redfish_auth_type: 'basic' },
        });
        const address = server.machine.identity.macs[0] ?? '';
        await store.ports.create({ node_uuid: uuid, address, pxe_enabled: true });
        await store.nodes.setTraits(uuid, [RUNBOOK]);
        return { uuid, driver, server };
      }),
    );
    await store.runbooks.create({
      ...{ name: RUNBOOK, traits: [RUNBOOK], public: true, disable_ramdisk: true },
      steps: ['power_on', 'reboot', 'power_off'].map((step, order) => ({
        interface: 'power',
        step,
        args: {},
        order,
      })),
    });
    const order = (hostname: string): StartOrder => {
      return { type: 'start', hostname, connection, transport_url, key, settings: overrides };
    };
    const api = parts.own(await startApiProcess(order('api')));
    return {
      ...{ mariadb, rabbitmq, relay, api, store, client, subjects, order },
      image_url: `${front.url}/image`,
      sha256: createHash('sha256').update(IMAGE).digest('hex'),
      read: async ({ uuid }) => {
        const node = await store.nodes.get(uuid);
        if (node === null) throw new Error(`Node ${uuid} is gone.`);
        return node;
      },
    };
  });
}
