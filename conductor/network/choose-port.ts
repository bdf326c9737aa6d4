import { serviceError } from '../../lifecycle/errors.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { PortgroupRecord, PortRecord } from '../../lifecycle/records.ts';

/** internal_info key that holds the VIF of the tenant on a port or portgroup. */
export const TENANT_VIF = 'tenant_vif_port_id';

/** A virtual interface to attach: its id, and whatever else the client said about it. */
export interface VifRequest extends JsonObject {
  id: string;
}

/** A physical port, or a group of them, that a VIF is attached to. */
export type PortLike = { kind: 'port'; record: PortRecord } | { kind: 'portgroup'; record: PortgroupRecord };

export interface ChoiceInput {
  ports: readonly PortRecord[];
  portgroups: readonly PortgroupRecord[];
  vif: VifRequest;
  /** Physical networks that the VIF's network reaches; empty: unknown, any will do. */
  physical_networks: ReadonlySet<string>;
  /** Whether a port is described well enough for the network interface. */
  usable: (port: PortRecord) => boolean;
}

/** The VIF of the tenant on a port or portgroup, or null. */
export function tenantVif(record: Pick<PortRecord, 'internal_info'>): string | null {
  const vif = record.internal_info[TENANT_VIF];
  return typeof vif === 'string' ? vif : null;
}

/**
 * The port or portgroup that a VIF is attached to (Ironic's order): a physical network that matches the VIF's goes first,
 * then portgroups before ports, then ports that boot from the network, then the order in which they were made. A
 * portgroup with a VIF on one of its ports is used port by port; an empty one never. Pure.
 *
 * @throws VifAlreadyAttached, NoFreePhysicalPorts
 */
export function choosePort(input: ChoiceInput): PortLike {
  const { physical_networks, vif } = input;
  const port_uuid = 'port_uuid' in vif ? vif.port_uuid : null;
  const portgroup_uuid = 'port_uuid' in vif ? null : vif.portgroup_uuid;
  const single: PortRecord[] = [];
  const members = new Map<string, PortRecord[]>();
  const split = new Set<string>();
  for (const port of input.ports) {
    if ((port_uuid && port_uuid !== port.uuid) || !input.usable(port)) continue;
    if (isAttached('Port', port, vif.id)) {
      if (port.portgroup_uuid !== null) split.add(port.portgroup_uuid);
      continue;
    }
    if (!reaches(port.physical_network, physical_networks)) continue;
    if (port.portgroup_uuid === null) {
      if (!portgroup_uuid) single.push(port);
    } else members.set(port.portgroup_uuid, [...(members.get(port.portgroup_uuid) ?? []), port]);
  }
  const free: PortLike[] = single.map((record) => ({ kind: 'port', record }));
  // A port that is asked for by its uuid must stand alone.
  if (!port_uuid)
    for (const group of input.portgroups) {
      if (portgroup_uuid && portgroup_uuid !== group.uuid) continue;
      if (isAttached('Portgroup', group, vif.id)) continue;
      const inside = members.get(group.uuid) ?? [];
      if (split.has(group.uuid)) {
        if (!portgroup_uuid) for (const record of inside) free.push({ kind: 'port', record });
      } else if (inside.length > 0) free.push({ kind: 'portgroup', record: group });
    }
  const ranked = free.map((one) => ({ one, rank: rank(one, members, physical_networks) }));
  const best = ranked.reduce<(typeof ranked)[number] | null>(
    (held, next) => (held === null || next.rank > held.rank ? next : held),
    null,
  );
  if (best === null) throw serviceError('NoFreePhysicalPorts', { vif: vif.id });
  return best.one;
}

/** Whether another VIF is there. @throws VifAlreadyAttached when it is this one. */
function isAttached(
  type: 'Port' | 'Portgroup',
  record: Pick<PortRecord, 'uuid' | 'internal_info'>,
  vif: string,
): boolean {
  const attached = tenantVif(record);
  if (attached === vif) throw serviceError('VifAlreadyAttached', { vif, type, uuid: record.uuid });
  return attached !== null;
}

function reaches(physical_network: string | null, wanted: ReadonlySet<string>): boolean {
  return wanted.size === 0 || physical_network === null || wanted.has(physical_network);
}

function rank(
  one: PortLike,
  members: ReadonlyMap<string, readonly PortRecord[]>,
  wanted: ReadonlySet<string>,
): number {
  const of_group = one.kind === 'portgroup' ? members.get(one.record.uuid)?.[0] : one.record;
  const physical_network = of_group?.physical_network ?? null;
  const matches = physical_network !== null && wanted.has(physical_network);
  const boots = one.kind === 'portgroup' || one.record.pxe_enabled;
  return (matches ? 4 : 0) + (one.kind === 'portgroup' ? 2 : 0) + (boots ? 1 : 0);
}
