import type { PortRecord } from '../../../lifecycle/records.ts';
import { since } from '../microversions.ts';
import { links, plain, stamps, structure } from './fields.ts';
import type { ResourceView } from './view.ts';

/** Keys of OVN VTEP links, accepted from 1.90 to 1.104 only. */
export const VTEP_KEYS = ['vtep-logical-switch', 'vtep-physical-switch'] as const;

/** Whether 1.`minor` knows OVN VTEP links. */
export function knowsVtepLinks(minor: number): boolean {
  return since('vtep_links', minor) && !since('no_vtep_links', minor);
}

/** How a port looks. */
export const PORT_VIEW: ResourceView<'port', PortRecord> = {
  resource: 'port',
  list_fields: ['uuid', 'address'],
  unsortable: ['extra', 'internal_info', 'local_link_connection', 'links', 'node_uuid', 'portgroup_uuid'],
  columns: ['uuid'],
  fields: {
    uuid: plain('uuid'),
    address: plain('address'),
    node_uuid: plain('node_uuid'),
    extra: structure('extra'),
    internal_info: structure('internal_info'),
    local_link_connection: {
      columns: ['local_link_connection'],
      of: (port, context) =>
        !knowsVtepLinks(context.minor) &&
        VTEP_KEYS.some((key) => Object.hasOwn(port.local_link_connection, key))
          ? {}
          : port.local_link_connection,
    },
    pxe_enabled: plain('pxe_enabled'),
    portgroup_uuid: plain('portgroup_uuid'),
    physical_network: plain('physical_network'),
    is_smartnic: plain('is_smartnic'),
    name: plain('name'),
    description: plain('description'),
    vendor: plain('vendor'),
    category: plain('category'),
    available_for_dynamic_portgroup: plain('available_for_dynamic_portgroup'),
    ...stamps<PortRecord>(),
    links: links('ports', 'uuid'),
  },
};
