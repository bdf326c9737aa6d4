import { serviceError } from '../../lifecycle/errors.ts';
import type { NodeRecord, PortRecord } from '../../lifecycle/records.ts';
import type { WorkContext } from '../step.ts';
import { choosePort, type PortLike, TENANT_VIF, tenantVif, type VifRequest } from './choose-port.ts';

/** VIFs as they are remembered: `tenant_vif_port_id` in the internal_info of a port or portgroup. */

type Context = Pick<WorkContext, 'node' | 'store'>;

/** The node's ports and portgroups, each in the order in which they were made. */
export async function portsOf({ node, store }: Context) {
  const where = { node_uuid: node.uuid };
  const [ports, portgroups] = await Promise.all([
    store.ports.list({ where }),
    store.portgroups.list({ where }),
  ]);
  return { ports, portgroups };
}

/** The VIFs on the node's ports, then those on its portgroups. */
export async function listVifs(ctx: Context): Promise<string[]> {
  const { ports, portgroups } = await portsOf(ctx);
  return [...ports, ...portgroups].map(tenantVif).filter((vif) => vif !== null);
}

/** Chooses where a VIF goes: see choosePort. `physical_networks` as there. */
export async function choosePortFor(
  ctx: Context,
  vif: VifRequest,
  physical_networks: ReadonlySet<string>,
): Promise<PortLike> {
  const usable = (port: PortRecord) => isUsable(ctx.node, port);
  return choosePort({ ...(await portsOf(ctx)), vif, physical_networks, usable });
}

/** Attaches a VIF whose network is not known. */
export async function attachVif(ctx: Context, vif: VifRequest): Promise<void> {
  await rememberVif(ctx, await choosePortFor(ctx, vif, new Set()), vif.id);
}

export async function rememberVif({ store }: Context, on: PortLike, vif_id: string): Promise<void> {
  const { uuid, internal_info } = on.record;
  const changes = { internal_info: { ...internal_info, [TENANT_VIF]: vif_id } };
  if (on.kind === 'port') await store.ports.update(uuid, changes);
  else await store.portgroups.update(uuid, changes);
}

/** Forgets a VIF, also where clients of old wrote it into `extra`. @throws VifNotAttached */
export async function detachVif(ctx: Context, vif_id: string): Promise<void> {
  const { ports, portgroups } = await portsOf(ctx);
  const on = [...portgroups, ...ports].find((record) => tenantVif(record) === vif_id);
  if (on === undefined) throw serviceError('VifNotAttached', { vif: vif_id, node: ctx.node.uuid });
  const { [TENANT_VIF]: _vif, ...internal_info } = on.internal_info;
  const { vif_port_id: _old, ...extra } = on.extra;
  const table = ports.some(({ uuid }) => uuid === on.uuid) ? ctx.store.ports : ctx.store.portgroups;
  await table.update(on.uuid, { internal_info, extra });
}

/** Whether a port says enough about its cable for the node's network interface. */
export function isUsable(node: Pick<NodeRecord, 'network_interface'>, port: PortRecord): boolean {
  // InfiniBand: the subnet manager finds the cable by itself.
  if (port.extra['client-id']) return true;
  const link = Object.keys(port.local_link_connection);
  if (node.network_interface === 'neutron' && link.length === 0) return false;
  const describes_smartnic = ['port_id', 'hostname'].every((key) => link.includes(key));
  return port.is_smartnic === describes_smartnic;
}
