import type { SatelliteObject, SatelliteRecords } from '../../lifecycle/announced.ts';
import type { JsonObject } from '../../lifecycle/json.ts';

interface CrudPayload<R> {
  name: string;
  version: string;
  /** `scope` of inspection rules is null always: none has one in the API. */
  fields: readonly ((keyof R & string) | 'scope')[];
  /** Of fields that may not be null. */
  defaults?: JsonObject;
}

const KEPT = ['created_at', 'updated_at', 'uuid'] as const;

/** The `*CRUDPayload` classes of Ironic (ironic/objects/<object>.py): their versions and fields. */
export const CRUD_PAYLOADS: { readonly [O in SatelliteObject]: CrudPayload<SatelliteRecords[O]> } = {
  allocation: {
    name: 'AllocationCRUDPayload',
    version: '1.1',
    fields: [
      ...([...KEPT, 'candidate_nodes', 'extra', 'last_error', 'name', 'node_uuid'] as const),
      ...(['owner', 'resource_class', 'state', 'traits'] as const),
    ],
  },
  chassis: { name: 'ChassisCRUDPayload', version: '1.0', fields: [...KEPT, 'description', 'extra'] },
  deploytemplate: {
    name: 'DeployTemplateCRUDPayload',
    version: '1.0',
    fields: [...KEPT, 'extra', 'name', 'steps'],
  },
  inspectionrule: {
    name: 'InspectionRuleCRUDPayload',
    version: '1.0',
    fields: [...KEPT, 'description', 'phase', 'priority', 'scope', 'sensitive', 'actions', 'conditions'],
  },
  port: {
    name: 'PortCRUDPayload',
    version: '1.8',
    fields: [
      ...([...KEPT, 'address', 'extra', 'local_link_connection', 'pxe_enabled', 'node_uuid'] as const),
      ...(['portgroup_uuid', 'physical_network', 'is_smartnic', 'name', 'description'] as const),
      ...(['vendor', 'category', 'available_for_dynamic_portgroup'] as const),
    ],
    defaults: { available_for_dynamic_portgroup: true },
  },
  portgroup: {
    name: 'PortgroupCRUDPayload',
    version: '1.3',
    fields: [
      ...([...KEPT, 'address', 'category', 'extra', 'mode', 'name', 'node_uuid'] as const),
      ...(['properties', 'physical_network', 'standalone_ports_supported', 'dynamic_portgroup'] as const),
    ],
  },
  runbook: {
    name: 'RunbookCRUDPayload',
    version: '1.1',
    fields: [
      ...([...KEPT, 'description', 'disable_ramdisk', 'extra', 'name'] as const),
      ...(['owner', 'public', 'steps', 'traits'] as const),
    ],
    defaults: { traits: [] },
  },
  volumeconnector: {
    name: 'VolumeConnectorCRUDPayload',
    version: '1.0',
    fields: [...KEPT, 'extra', 'type', 'connector_id', 'node_uuid'],
  },
  volumetarget: {
    name: 'VolumeTargetCRUDPayload',
    version: '1.0',
    fields: [
      ...KEPT,
      ...(['boot_index', 'extra', 'node_uuid', 'properties', 'volume_id', 'volume_type'] as const),
    ],
  },
};
