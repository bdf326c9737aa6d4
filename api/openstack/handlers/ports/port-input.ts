import type { New } from '../../../../db/store.ts';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../../../lifecycle/json.ts';
import type { NodeRecord, PortgroupRecord, PortRecord } from '../../../../lifecycle/records.ts';
import {
  isDatapathId,
  isUuidLike,
  LOGICAL_NAME,
  normalMac,
  parseBoolean,
  parseMac,
} from '../../../http/value-syntax.ts';
import type { Api } from '../../handler.ts';
import { FIELDS, since } from '../../microversions.ts';
import { knowsVtepLinks, VTEP_KEYS } from '../../views/port.ts';

export type PortInput = New<PortRecord>;

const FLAG_DEFAULTS = {
  pxe_enabled: true,
  is_smartnic: false,
  available_for_dynamic_portgroup: true,
} as const;
const TEXTS = [
  'uuid',
  'node_uuid',
  'portgroup_uuid',
  'physical_network',
  'name',
  'description',
  'vendor',
  'category',
] as const;

/**
 * The fields of a checked body as they are stored.
 * @throws InvalidParameterValue
 */
export function readPortFields(body: JsonObject): PortInput {
  const input: JsonObject = {};
  if (typeof body.address === 'string') input.address = parseMac('address', body.address);
  if ('extra' in body) input.extra = body.extra ?? {};
  if ('local_link_connection' in body) {
    input.local_link_connection = readLink((body.local_link_connection ?? {}) as JsonObject);
  }
  for (const [field, preset] of Object.entries(FLAG_DEFAULTS)) {
    if (field in body) input[field] = body[field] === null ? preset : parseBoolean(field, body[field]);
  }
  for (const field of TEXTS) if (field in body) input[field] = body[field] ?? null;
  if (input.name === '') input.name = null;
  if (typeof input.name === 'string' && (!LOGICAL_NAME.test(input.name) || isUuidLike(input.name))) {
    throw serviceError('InvalidParameterValue', { why: `Invalid port name '${input.name}'.` });
  }
  if (input.physical_network === '') {
    throw serviceError('InvalidParameterValue', {
      why: 'A non-empty value is required when setting physical_network.',
    });
  }
  return input as unknown as PortInput;
}

function readLink(link: JsonObject): JsonObject {
  const { switch_id } = link;
  if (typeof switch_id !== 'string') return link;
  const mac = normalMac(switch_id);
  if (mac === null && !isDatapathId(switch_id)) {
    throw serviceError('InvalidParameterValue', {
      why: `Expected a MAC address or an OpenFlow datapath id as switch_id but received ${switch_id}.`,
    });
  }
  return { ...link, switch_id: mac ?? switch_id.toLowerCase() };
}

/**
 * Refuses fields younger than the request.
 * @throws NotAcceptable
 */
export function refuseNewerPortFields(
  fields: Readonly<Record<string, Json | undefined>>,
  minor: number,
): void {
  const ledger: Readonly<Record<string, number>> = FIELDS.port;
  for (const [field, value] of Object.entries(fields)) {
    if (value !== undefined && (ledger[field] ?? 1) > minor) throw serviceError('NotAcceptable', {});
  }
  const link = fields.local_link_connection ?? null;
  if (link === null || typeof link !== 'object' || Array.isArray(link)) return;
  if ('network_type' in link && !since('local_link_network_type', minor))
    throw serviceError('NotAcceptable', {});
  if (VTEP_KEYS.some((key) => key in link) && !knowsVtepLinks(minor)) throw serviceError('NotAcceptable', {});
}

/**
 * The portgroup that a port is to join; it must be of the same node.
 * @throws InvalidParameterValue
 */
export async function requirePortgroup(api: Api, uuid: string, node: NodeRecord): Promise<PortgroupRecord> {
  const portgroup = await api.store.portgroups.get(uuid);
  if (portgroup === null) {
    throw serviceError('InvalidParameterValue', { why: `Portgroup ${uuid} could not be found.` });
  }
  if (portgroup.node_uuid !== node.uuid) {
    throw serviceError('InvalidParameterValue', {
      why: 'Port can not be added to a portgroup belonging to a different node.',
    });
  }
  return portgroup;
}

/**
 * Rules that a port has to keep with its portgroup and its link (reference: resources, port).
 * @throws Conflict, InvalidParameterValue
 */
export async function checkMembership(
  api: Api,
  port: Pick<PortRecord, 'pxe_enabled' | 'physical_network' | 'is_smartnic' | 'local_link_connection'> & {
    uuid?: string;
  },
  portgroup: PortgroupRecord | null,
): Promise<void> {
  const link = port.local_link_connection;
  if (port.is_smartnic && !('port_id' in link && 'hostname' in link)) {
    throw serviceError('InvalidParameterValue', {
      why: 'Smart NIC port must have port_id and hostname in local_link_connection.',
    });
  }
  if (portgroup === null) return;
  if (port.pxe_enabled && !portgroup.standalone_ports_supported) {
    throw serviceError('Conflict', {
      why: `Port group ${portgroup.uuid} doesn't support standalone ports: pxe_enabled of its members has to be false.`,
    });
  }
  const members = await api.store.ports.list({ where: { portgroup_uuid: portgroup.uuid } });
  const other = members.find((member) => member.uuid !== port.uuid);
  if (other !== undefined && other.physical_network !== port.physical_network) {
    throw serviceError('Conflict', {
      why: `The ports of portgroup ${portgroup.uuid} are on physical network ${other.physical_network}: all have to be on one.`,
    });
  }
}
