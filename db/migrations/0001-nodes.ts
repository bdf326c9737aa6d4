import {
  flags,
  identified,
  indexes,
  longTexts,
  type Migration,
  ofNode,
  optionalFlags,
  optionalLongTexts,
  optionalNumbers,
  optionalTexts,
  stored,
  texts,
} from './migration.ts';

/** Nodes and what hangs on each: chassis, traits, ports, port groups, history. */
export const nodes: Migration = {
  name: '0001-nodes',
  async up({ createTable }) {
    await createTable('chassis', (table) => {
      stored(table);
      identified(table, 'chassis');
      optionalTexts(table, 'description');
      longTexts(table, 'extra');
    });

    await createTable('nodes', (table) => {
      stored(table);
      identified(table, 'nodes');
      table.string('name', 255).nullable().unique({ indexName: 'nodes_name' });
      table.string('instance_uuid', 36).nullable().unique({ indexName: 'nodes_instance_uuid' });
      texts(table, 'driver', 'provision_state', 'conductor_group', ...NODE_INTERFACES);
      optionalTexts(
        table,
        'instance_name',
        'power_state',
        'target_power_state',
        'target_provision_state',
        'reservation',
        'fault',
        'resource_class',
        'owner',
        'lessee',
        'boot_mode',
        'shard',
        'health',
      );
      table.string('allocation_uuid', 36).nullable();
      table
        .string('chassis_uuid', 36)
        .nullable()
        .references('uuid')
        .inTable('chassis')
        .withKeyName('nodes_chassis_fk');
      table
        .string('parent_node', 36)
        .nullable()
        .references('uuid')
        .inTable('nodes')
        .withKeyName('nodes_parent_node_fk');
      longTexts(
        table,
        'driver_info',
        'driver_internal_info',
        'properties',
        'instance_info',
        'extra',
        'clean_step',
        'deploy_step',
        'service_step',
        'raid_config',
        'target_raid_config',
        'network_data',
      );
      optionalLongTexts(
        table,
        'last_error',
        'maintenance_reason',
        'protected_reason',
        'retired_reason',
        'description',
      );
      flags(table, 'maintenance', 'console_enabled', 'protected', 'retired', 'disable_power_off');
      optionalFlags(table, 'automated_clean', 'secure_boot');
      optionalNumbers(
        table,
        'provision_updated_at',
        'inspection_started_at',
        'inspection_finished_at',
        'reservation_job_id',
      );
      indexes(
        table,
        'nodes',
        'driver',
        'provision_state',
        'conductor_group',
        'resource_class',
        'owner',
        'lessee',
        'shard',
        'fault',
        'chassis_uuid',
        'parent_node',
        'reservation',
        'maintenance',
        'retired',
        'created_at',
      );
    });

    await createTable('node_traits', (table) => {
      ofNode(table, 'node_traits');
      texts(table, 'trait');
      table.primary(['node_uuid', 'trait']);
      indexes(table, 'node_traits', 'trait');
    });

    await createTable('portgroups', (table) => {
      stored(table);
      identified(table, 'portgroups');
      table.string('name', 255).nullable().unique({ indexName: 'portgroups_name' });
      table.string('address', 255).nullable().unique({ indexName: 'portgroups_address' });
      ofNode(table, 'portgroups');
      longTexts(table, 'extra', 'internal_info', 'properties');
      flags(table, 'standalone_ports_supported', 'dynamic_portgroup');
      texts(table, 'mode');
      optionalTexts(table, 'physical_network', 'category');
      indexes(table, 'portgroups', 'node_uuid');
    });

    await createTable('ports', (table) => {
      stored(table);
      identified(table, 'ports');
      table.string('address', 255).notNullable().unique({ indexName: 'ports_address' });
      table.string('name', 255).nullable().unique({ indexName: 'ports_name' });
      ofNode(table, 'ports');
      table
        .string('portgroup_uuid', 36)
        .nullable()
        .references('uuid')
        .inTable('portgroups')
        .onDelete('SET NULL')
        .withKeyName('ports_portgroup_fk');
      longTexts(table, 'extra', 'internal_info', 'local_link_connection');
      flags(table, 'pxe_enabled', 'is_smartnic', 'available_for_dynamic_portgroup');
      optionalTexts(table, 'physical_network', 'description', 'vendor', 'category');
      indexes(table, 'ports', 'node_uuid', 'portgroup_uuid');
    });

    await createTable('node_history', (table) => {
      stored(table);
      identified(table, 'node_history');
      ofNode(table, 'node_history');
      texts(table, 'severity');
      longTexts(table, 'event');
      optionalTexts(table, 'event_type', 'conductor', 'user', 'project', 'state', 'target_provision_state');
      optionalNumbers(table, 'duration_seconds');
      indexes(table, 'node_history', 'node_uuid');
    });
  },
};

const NODE_INTERFACES = [
  'bios_interface',
  'boot_interface',
  'console_interface',
  'deploy_interface',
  'firmware_interface',
  'inspect_interface',
  'management_interface',
  'network_interface',
  'power_interface',
  'raid_interface',
  'rescue_interface',
  'storage_interface',
  'vendor_interface',
];
