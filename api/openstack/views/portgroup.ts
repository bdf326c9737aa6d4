import type { PortgroupRecord } from '../../../lifecycle/records.ts';
import { links, plain, stamps, structure, subLinks } from './fields.ts';
import type { ResourceView } from './view.ts';

/** How a portgroup looks. Its lists show fields younger than the request (a quirk that clients know). */
export const PORTGROUP_VIEW: ResourceView<'portgroup', PortgroupRecord> = {
  resource: 'portgroup',
  list_fields: ['uuid', 'address', 'name'],
  unsortable: ['extra', 'internal_info', 'properties', 'links', 'ports', 'node_uuid'],
  columns: ['uuid'],
  lists_hide_newer: false,
  fields: {
    uuid: plain('uuid'),
    name: plain('name'),
    node_uuid: plain('node_uuid'),
    address: plain('address'),
    extra: structure('extra'),
    internal_info: structure('internal_info'),
    standalone_ports_supported: plain('standalone_ports_supported'),
    mode: plain('mode'),
    properties: structure('properties'),
    physical_network: plain('physical_network'),
    category: plain('category'),
    dynamic_portgroup: plain('dynamic_portgroup'),
    ...stamps<PortgroupRecord>(),
    links: links('portgroups', 'uuid'),
    ports: subLinks('portgroups', 'uuid', 'ports'),
  },
};
