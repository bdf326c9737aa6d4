// Made from api/openstack/microversions.ts by `npm run portal:api`.
export interface BaremetalFields {
  chassis:
    | 'uuid'
    | 'description'
    | 'extra'
    | 'created_at'
    | 'updated_at'
    | 'nodes';
  deploy_template:
    | 'uuid'
    | 'name'
    | 'steps'
    | 'extra'
    | 'created_at'
    | 'updated_at';
  inspection_rule:
    | 'uuid'
    | 'description'
    | 'priority'
    | 'phase'
    | 'sensitive'
    | 'conditions'
    | 'actions'
    | 'created_at'
    | 'updated_at';
  runbook:
    | 'uuid'
    | 'name'
    | 'steps'
    | 'disable_ramdisk'
    | 'extra'
    | 'public'
    | 'owner'
    | 'description'
    | 'traits'
    | 'created_at'
    | 'updated_at';
  allocation:
    | 'uuid'
    | 'name'
    | 'resource_class'
    | 'traits'
    | 'candidate_nodes'
    | 'node_uuid'
    | 'state'
    | 'last_error'
    | 'extra'
    | 'owner'
    | 'created_at'
    | 'updated_at';
  port:
    | 'uuid'
    | 'address'
    | 'node_uuid'
    | 'extra'
    | 'internal_info'
    | 'local_link_connection'
    | 'pxe_enabled'
    | 'portgroup_uuid'
    | 'physical_network'
    | 'is_smartnic'
    | 'name'
    | 'description'
    | 'vendor'
    | 'category'
    | 'available_for_dynamic_portgroup'
    | 'created_at'
    | 'updated_at';
  portgroup:
    | 'uuid'
    | 'name'
    | 'node_uuid'
    | 'address'
    | 'extra'
    | 'internal_info'
    | 'standalone_ports_supported'
    | 'mode'
    | 'properties'
    | 'physical_network'
    | 'category'
    | 'dynamic_portgroup'
    | 'created_at'
    | 'updated_at'
    | 'ports';
  volume_connector:
    | 'uuid'
    | 'node_uuid'
    | 'type'
    | 'connector_id'
    | 'extra'
    | 'created_at'
    | 'updated_at';
  volume_target:
    | 'uuid'
    | 'node_uuid'
    | 'volume_type'
    | 'boot_index'
    | 'volume_id'
    | 'properties'
    | 'extra'
    | 'created_at'
    | 'updated_at';
}
