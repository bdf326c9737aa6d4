import type { Match } from '../../db/store.ts';
import { WITHOUT_IMAGE } from '../../lifecycle/deploy-interface.ts';
import type { OrderLineRecord, OrderRecord, OrderRequest } from '../../lifecycle/orders.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';
import { stockMatch } from '../../lifecycle/stock.ts';
import type { OrderDeps } from './build.ts';

/** Most servers looked at in one pass. */
const MOST = 2000;

/** Servers in stock that an order may take, in random order, so that orders at once try different ones. */
export async function findStock(
  { store }: Pick<OrderDeps, 'store'>,
  order: OrderRecord,
): Promise<ServerRecord[]> {
  const found = await store.servers.list({ where: stockOf(order.request, order.project), limit: MOST });
  return found
    .map((server) => ({ server, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ server }) => server);
}

function stockOf(request: OrderRequest, project: string): Match<ServerRecord> {
  return { ...stockMatch(request), owner: [null, project] };
}

/** Thrown to roll back: somebody else was faster. */
class Overtaken extends Error {}

/**
 * Takes a server for a line of an order, in one transaction: its node gets the order's project as lessee and the line as instance, if
 * it is still free. Resolves with the node; null: somebody else has it.
 */
export async function claimServer(
  { store }: Pick<OrderDeps, 'store'>,
  order: OrderRecord,
  line: OrderLineRecord,
  uuid: string,
): Promise<NodeRecord | null> {
  const node = await store.nodes.get(uuid);
  if (node === null || !isFree(node, order.project)) return null;
  const { request } = order;
  try {
    return await store.transaction(async (tables) => {
      const taken = await tables.nodes.update(
        uuid,
        {
          lessee: order.project,
          instance_uuid: line.uuid,
          instance_name: line.name,
          instance_info: { ...(request.image ?? WITHOUT_IMAGE) },
          // The tear-down takes the lessee away again, as it does with one that Ironic set by itself.
          driver_internal_info: { ...node.driver_internal_info, automatic_lessee: true },
        },
        { ...FREE, updated_at: node.updated_at },
      );
      if (taken === null) throw new Overtaken();
      const vlan = request.vlan_id === null ? {} : { vlan_id: request.vlan_id };
      if (
        (await tables.servers.update(uuid, { order_uuid: order.uuid, ...vlan }, { order_uuid: null })) ===
        null
      )
        throw new Overtaken();
      const claimed = { state: 'claimed', server_uuid: uuid, attempts: 0 } as const;
      if ((await tables.order_lines.update(line.uuid, claimed, { state: 'waiting' })) === null)
        throw new Overtaken();
      return taken;
    });
  } catch (error) {
    if (error instanceof Overtaken) return null;
    throw error;
  }
}

const FREE = {
  reservation: null,
  provision_state: 'available',
  instance_uuid: null,
  lessee: null,
  maintenance: false,
} as const satisfies Match<NodeRecord>;

function isFree(node: NodeRecord, project: string): boolean {
  const same = Object.entries(FREE).every(([field, value]) => node[field as keyof typeof FREE] === value);
  return same && (node.owner === null || node.owner === project) && !node.retired;
}

/** Puts a server that was claimed, and on which nothing was begun, back into stock. */
export async function freeServer(
  { store }: Pick<OrderDeps, 'store'>,
  line: OrderLineRecord,
  node: NodeRecord,
): Promise<void> {
  const { automatic_lessee: _, ...driver_internal_info } = node.driver_internal_info;
  await store.transaction(async (tables) => {
    const freed = await tables.nodes.update(
      node.uuid,
      {
        ...{
          lessee: null,
          instance_uuid: null,
          instance_name: null,
          instance_info: {},
          driver_internal_info,
        },
      },
      { reservation: null, provision_state: 'available', instance_uuid: line.uuid },
    );
    if (freed !== null) await tables.servers.update(node.uuid, { order_uuid: null });
  });
}
