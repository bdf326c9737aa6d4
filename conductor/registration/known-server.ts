import type { Store } from '../../db/store.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { RegistrationRecord } from '../../lifecycle/registration-records.ts';
import type { KnownServer } from '../../lifecycle/registration-verdict.ts';
import { bmcAddressOf, type ServerRecord } from '../../lifecycle/server-record.ts';
import type { ServerReport } from '../../lifecycle/server-report.ts';

export interface Known {
  /** The node with the server's UUID. */
  node: NodeRecord | null;
  server: ServerRecord | null;
  /** For the verdict on its identity. */
  facts: KnownServer | null;
  /** Nodes that have one of its MAC addresses. */
  others: NodeRecord[];
  /** Its attempt before this one. */
  last: RegistrationRecord | null;
}

/** Reads what is known of a server that registers. */
export async function knownServer(store: Store, { system_uuid, ports }: ServerReport): Promise<Known> {
  const [node, others] = await Promise.all([
    store.nodes.get(system_uuid),
    store.nodes.listByAddresses(ports.map(({ mac }) => mac)),
  ]);
  if (node === null) return { node, server: null, facts: null, others, last: null };
  const [server, own, attempts, [last = null]] = await Promise.all([
    store.servers.get(system_uuid),
    store.ports.list({ where: { node_uuid: system_uuid }, fields: ['address'] }),
    store.registrations.count({ node_uuid: system_uuid }),
    store.registrations.list({ where: { node_uuid: system_uuid }, sort_dir: 'desc', limit: 1 }),
  ]);
  const facts: KnownServer = {
    node,
    serial_number: server?.serial_number ?? null,
    macs: own.map(({ address }) => address),
    registered: attempts > 0,
    has_bmc: bmcAddressOf(node.driver_info) !== null,
  };
  return { node, server, facts, others, last };
}
