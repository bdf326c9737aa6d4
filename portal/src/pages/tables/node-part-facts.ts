import type { BaremetalFields } from '../../api/baremetal-fields.ts';

export type NodePartName = 'ports' | 'portgroups' | 'connectors' | 'targets';

/** A table of what belongs to one server, in the bare metal API. */
export interface NodePartFacts {
  name: NodePartName;
  api: 'baremetal';
  answer: keyof BaremetalFields;
  path: string;
  member: string;
  columns: readonly string[];
  create: string;
  change: string;
  omit: readonly string[];
}

/** The server is the page's: nobody types it. */
const NOT_TYPED = ['uuid', 'node_uuid', 'node_ident'];

function part<A extends keyof BaremetalFields>(
  answer: A,
  facts: Pick<NodePartFacts, 'name' | 'path' | 'create' | 'change'> & {
    columns: readonly BaremetalFields[A][];
  },
): NodePartFacts {
  return { ...facts, answer, api: 'baremetal', member: facts.name, omit: NOT_TYPED };
}

export const NODE_PARTS: readonly NodePartFacts[] = [
  part('port', {
    ...{ name: 'ports', path: '/v1/ports', create: 'port_create', change: 'port' },
    columns: [
      ...(['address', 'name', 'pxe_enabled', 'portgroup_uuid', 'physical_network'] as const),
      'local_link_connection',
    ],
  }),
  part('portgroup', {
    ...{ name: 'portgroups', path: '/v1/portgroups', create: 'portgroup', change: 'portgroup_patch' },
    columns: ['name', 'address', 'mode', 'standalone_ports_supported', 'physical_network', 'properties'],
  }),
  part('volume_connector', {
    ...{ name: 'connectors', path: '/v1/volume/connectors' },
    ...{ create: 'volume_connector', change: 'volume_connector' },
    columns: ['type', 'connector_id', 'extra'],
  }),
  part('volume_target', {
    ...{ name: 'targets', path: '/v1/volume/targets', create: 'volume_target', change: 'volume_target' },
    columns: ['volume_type', 'boot_index', 'volume_id', 'properties'],
  }),
];
