import type { ConsoleWay } from '../../conductor/consoles/viewer.ts';
import { systemClock } from '../../config/system-clock.ts';
import { closeSession } from '../../drivers/ipmi/commands/close-session.ts';
import { createIpmiDriver } from '../../drivers/ipmi/driver.ts';
import { type IpmiListener, listenIpmi } from '../../gateway/ipmi/server.ts';
import { leasesOver } from '../../gateway/leases.ts';
import { createWatch } from '../../gateway/watch.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { type RackServer, startRack } from '../../rack/rack.ts';
import { type LifecycleBench, serveLifecycle } from '../api/lifecycle/lifecycle-bench.ts';
import { TestSerialLine } from '../builders/serial-line.ts';
import { type ConductorBench, SILENT, startConductorBench } from '../conductor/conductor-bench.ts';
import { QUICK_OPTIONS } from '../drivers/ipmi/ipmi-options.ts';

export const P1: Partial<Caller> = {
  ...{ system_scope: false, project_id: 'p1', roles: ['member', 'reader'] },
};

const isGoodBye = (netfn: number, cmd: number): boolean =>
  netfn === closeSession.netfn && cmd === closeSession.cmd;

export interface IpmiLease {
  uuid: string;
  username: string;
  password: string;
}

/** A stand-in BMC that writes down what it is asked, a service whose node it is, and the IPMI gateway before it. */
export interface IpmiBench extends AsyncDisposable {
  readonly bench: ConductorBench;
  readonly api: LifecycleBench;
  readonly server: RackServer;
  readonly line: TestSerialLine;
  readonly consoles: ConsoleWay;
  readonly listener: IpmiListener;
  /** A node of the BMC in service with project p1; the one before is gone. */
  node(fields?: Partial<NodeRecord>): Promise<NodeRecord>;
  lease(node: NodeRecord, body?: JsonObject): Promise<IpmiLease>;
  /** What the BMC was asked by leased accounts since it was last looked at, less the good-bye of a lease that ended. */
  asked(ended?: Pick<IpmiLease, 'username'>): string[];
}

export async function startIpmiBench(at = { host_ip: '127.0.0.1', port: 0 }): Promise<IpmiBench> {
  const rack = await startRack({ count: 1, clock: systemClock, delays_ms: { soft_off: 0 } });
  const [server] = rack.servers;
  if (server === undefined) throw new Error('The rack is empty.');
  server.bmc.asked = [];
  const line = new TestSerialLine();
  const driver = createIpmiDriver({ clock: systemClock, log: SILENT }, QUICK_OPTIONS);
  const bench = await startConductorBench(
    {
      DEFAULT: { enabled_hardware_types: ['ipmi'] },
      gateway: { ipmi_public_endpoint: 'gateway.example:6623' },
    },
    { driver },
  );
  server.bmc.serial = line;
  const api = await serveLifecycle(bench);
  const { consoles } = await bench.start();
  const { store } = bench;
  const watch = createWatch((uuids) => leasesOver(store, uuids), systemClock);
  const options = { store, watch, consoles, way: driver, clock: systemClock, log: SILENT, audit: true };
  const listener = await listenIpmi(options, at);
  let last: NodeRecord | null = null;
  return {
    ...{ bench, api, server, line, consoles, listener },
    async node(fields = {}) {
      if (last !== null) await store.nodes.delete(last.uuid);
      server.bmc.users = server.bmc.users.slice(0, 1);
      last = await bench.node({
        ...{ driver: 'ipmi', provision_state: 'active', lessee: 'p1', driver_info: server.driver_info },
        ...{ power_interface: 'ipmitool', management_interface: 'ipmitool' },
        ...fields,
      });
      return last;
    },
    async lease(node, body = {}) {
      const path = `/v1/servers/${node.uuid}/bmc-leases`;
      const made = await api.ask('POST', path, { access: 'gateway', ...body }, P1);
      if (made.status !== 201) throw new Error(JSON.stringify(made.body));
      // The account is proved by asking for the power.
      server.bmc.asked = [];
      const { uuid, username, password } = made.body;
      return { uuid: String(uuid), username: String(username), password: String(password) };
    },
    asked(ended) {
      const all = server.bmc.asked?.splice(0) ?? [];
      return all
        .filter(({ user }) => user.startsWith('kl-'))
        .filter(({ user, netfn, cmd }) => user !== ended?.username || !isGoodBye(netfn, cmd))
        .map(({ netfn, cmd, data }) => [netfn, cmd, ...data].map((byte) => hex(byte)).join(' '));
    },
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await watch[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
      await rack[Symbol.asyncDispose]();
    },
  };
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
