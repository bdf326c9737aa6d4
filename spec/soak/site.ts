import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startParts } from '../../bin/parts.ts';
import { openStore } from '../../db/open-store.ts';
import { newKeyLine, parseKeyRing } from '../../db/secrets.ts';
import type { New, Store } from '../../db/store.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { RackServer } from '../../rack/rack.ts';
import { startRack } from '../../rack/rack.ts';
import { type RedfishServer, startRedfishRack } from '../../rack/redfish/redfish-rack.ts';
import { FAKE_INTERFACES } from '../conductor/conductor-bench.ts';
import { type MariadbServer, startMariadb } from '../services/mariadb.ts';
import { type RabbitmqServer, startRabbitmq } from '../services/rabbitmq.ts';
import { temporaryFolder } from '../services/temporary-folder.ts';
import { fasterClock } from './faster-clock.ts';
import type { StartOrder } from './protocol.ts';
import { makePowerFile } from './shared-power.ts';

export interface SoakSize {
  /** Nodes in all. */
  nodes: number;
  /** Of them with a BMC on the wire. */
  ipmi: number;
  redfish: number;
  /** How much faster than the machine's clock time passes. */
  rate: number;
}

/** Where the soak takes place: MariaDB and RabbitMQ, a rack of BMCs, and as many nodes in memory as are wanted. */
export interface SoakSite extends AsyncDisposable {
  readonly mariadb: MariadbServer;
  readonly rabbitmq: RabbitmqServer;
  readonly store: Store;
  readonly ipmi: readonly RackServer[];
  readonly redfish: readonly RedfishServer[];
  order(hostname: string, api: boolean): StartOrder;
}

/** Of a hundred nodes in memory: how many fail their first power calls, and how many all of them. */
const FAILING_OF_100 = 3;
const DEAD_OF_100 = 1;
const CREATED_AT_ONCE = 32;

const INTERFACES = {
  DEFAULT: {
    auth_strategy: 'noauth' as const,
    enabled_hardware_types: ['fake-hardware', 'ipmi', 'redfish'],
    enabled_boot_interfaces: ['fake', 'ipxe'],
    enabled_deploy_interfaces: ['fake', 'direct'],
    enabled_inspect_interfaces: ['fake', 'no-inspect'],
    enabled_management_interfaces: ['fake', 'ipmitool', 'redfish'],
    enabled_power_interfaces: ['fake', 'ipmitool', 'redfish'],
    enabled_vendor_interfaces: ['ipmitool', 'no-vendor'],
  },
  api: { port: 0 },
  metrics: { enabled: false },
  conductor: {
    // Ten seconds of the machine's: a busy one must not take leases away.
    lease_timeout: 60,
    poll_interval: 10,
    node_locked_retry_attempts: 3,
    node_locked_retry_interval: 1,
  },
};

export async function startSoakSite(size: SoakSize): Promise<SoakSite> {
  return startParts(async (parts) => {
    const [mariadb, rabbitmq, folder] = await Promise.all([
      startMariadb().then((server) => parts.own(server)),
      startRabbitmq().then((server) => parts.own(server)),
      temporaryFolder('kurogane-soak-'),
    ]);
    parts.defer(folder.remove);
    const connection = await mariadb.newDatabase('soak');
    const key = newKeyLine();
    const time = { rate: size.rate, since_ms: Date.now() };
    const clock = fasterClock(time);
    const store = parts.own(await openStore({ connection, time, keys: parseKeyRing(key) }));
    await store.upgrade();
    const delays_ms = { power: 200, soft_off: 1000, post: 0 };
    const common = { clock, delays_ms, bmc: { max_sessions: 64 } };
    const ipmi = parts.own(await startRack({ ...common, count: size.ipmi, name_prefix: 'ipmi' }));
    const redfish = parts.own(
      await startRedfishRack({ ...common, count: size.redfish, name_prefix: 'redfish' }),
    );
    const ca_file = join(folder.path, 'ca.pem');
    await writeFile(ca_file, redfish.ca);
    await createNodes(store, [
      ...ipmi.servers.map(({ machine, driver_info }) =>
        ofRack(machine.identity.name, 'ipmi', 'ipmitool', driver_info),
      ),
      ...redfish.servers.map(({ machine, redfish_info }) =>
        ofRack(machine.identity.name, 'redfish', 'redfish', { ...redfish_info, redfish_verify_ca: ca_file }),
      ),
      ...Array.from({ length: size.nodes - size.ipmi - size.redfish }, (_, at) => inMemory(at)),
    ]);
    const power_file = join(folder.path, 'power');
    makePowerFile(power_file, size.nodes);
    const { url: transport_url } = rabbitmq;
    return {
      ...{ mariadb, rabbitmq, store, ipmi: ipmi.servers, redfish: redfish.servers },
      order: (hostname, api) => ({
        hostname,
        api,
        connection,
        transport_url,
        key,
        time,
        power_file,
        settings: INTERFACES,
      }),
    };
  });
}

const RESTING = { conductor_group: '', provision_state: 'available', power_state: 'power off' } as const;

function inMemory(at: number): New<NodeRecord> {
  const share = at % 100;
  const dead = share < DEAD_OF_100;
  const failing = share < DEAD_OF_100 + FAILING_OF_100;
  const driver_info: JsonObject = {
    fake_power_delay: '0,0.2',
    ...(dead ? { fake_power_failure: 'unreachable' } : failing ? { fake_power_failure: 'busy:3' } : {}),
  };
  return { ...RESTING, ...FAKE_INTERFACES, name: `memory-${at}`, driver: 'fake-hardware', driver_info };
}

/** No ramdisk boots on it: its agent would be the rack's, not the service's. */
function ofRack(
  name: string,
  driver: string,
  interface_name: string,
  driver_info: JsonObject,
): New<NodeRecord> {
  return {
    ...{ ...RESTING, ...FAKE_INTERFACES, name, driver, driver_info, automated_clean: false },
    ...{ boot_interface: 'ipxe', deploy_interface: 'direct', inspect_interface: 'no-inspect' },
    ...{ power_interface: interface_name, management_interface: interface_name },
  };
}

async function createNodes(store: Store, nodes: readonly New<NodeRecord>[]): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let node = nodes[next++]; node !== undefined; node = nodes[next++]) await store.nodes.create(node);
  };
  await Promise.all(Array.from({ length: CREATED_AT_ONCE }, worker));
}
