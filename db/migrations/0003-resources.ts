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

/** Allocations, templates, runbooks, rules, volumes, BIOS settings, firmware components and inventories. */
export const resources: Migration = {
  name: '0003-resources',
  async up({ createTable }) {
    await createTable('allocations', (table) => {
      stored(table);
      identified(table, 'allocations');
      table.string('name', 255).nullable().unique({ indexName: 'allocations_name' });
      texts(table, 'state');
      optionalTexts(table, 'resource_class', 'owner', 'conductor');
      longTexts(table, 'traits', 'candidate_nodes', 'extra');
      optionalLongTexts(table, 'last_error');
      table
        .string('node_uuid', 36)
        .nullable()
        .references('uuid')
        .inTable('nodes')
        .onDelete('CASCADE')
        .withKeyName('allocations_node_fk');
      indexes(table, 'allocations', 'node_uuid', 'state', 'owner', 'resource_class');
    });

    await createTable('deploy_templates', (table) => {
      stored(table);
      identified(table, 'deploy_templates');
      table.string('name', 255).notNullable().unique({ indexName: 'deploy_templates_name' });
      longTexts(table, 'steps', 'extra');
    });

    await createTable('runbooks', (table) => {
      stored(table);
      identified(table, 'runbooks');
      table.string('name', 255).notNullable().unique({ indexName: 'runbooks_name' });
      longTexts(table, 'steps', 'extra', 'traits');
      flags(table, 'disable_ramdisk', 'public');
      optionalTexts(table, 'owner', 'description');
      indexes(table, 'runbooks', 'owner', 'public');
    });

    await createTable('inspection_rules', (table) => {
      stored(table);
      identified(table, 'inspection_rules');
      optionalTexts(table, 'description');
      table.bigInteger('priority').notNullable();
      texts(table, 'phase');
      flags(table, 'sensitive');
      longTexts(table, 'conditions', 'actions');
    });

    await createTable('volume_connectors', (table) => {
      stored(table);
      identified(table, 'volume_connectors');
      ofNode(table, 'volume_connectors');
      texts(table, 'type', 'connector_id');
      longTexts(table, 'extra');
      table.unique(['type', 'connector_id'], { indexName: 'volume_connectors_type_connector_id' });
      indexes(table, 'volume_connectors', 'node_uuid');
    });

    await createTable('volume_targets', (table) => {
      stored(table);
      identified(table, 'volume_targets');
      ofNode(table, 'volume_targets');
      texts(table, 'volume_type', 'volume_id');
      table.bigInteger('boot_index').notNullable();
      longTexts(table, 'properties', 'extra');
      table.unique(['node_uuid', 'boot_index'], { indexName: 'volume_targets_node_uuid_boot_index' });
    });

    await createTable('bios_settings', (table) => {
      stored(table);
      ofNode(table, 'bios_settings');
      texts(table, 'name');
      optionalLongTexts(table, 'value', 'allowable_values');
      optionalTexts(table, 'attribute_type');
      optionalNumbers(table, 'lower_bound', 'upper_bound', 'min_length', 'max_length');
      optionalFlags(table, 'read_only', 'reset_required', 'unique');
      table.unique(['node_uuid', 'name'], { indexName: 'bios_settings_node_uuid_name' });
    });

    await createTable('firmware_components', (table) => {
      stored(table);
      ofNode(table, 'firmware_components');
      texts(table, 'component', 'initial_version');
      optionalTexts(table, 'current_version', 'last_version_flashed', 'vendor', 'model', 'serial_number');
      table.unique(['node_uuid', 'component'], { indexName: 'firmware_components_node_uuid_component' });
    });

    await createTable('node_inventory', (table) => {
      stored(table);
      table
        .string('node_uuid', 36)
        .notNullable()
        .unique({ indexName: 'node_inventory_node_uuid' })
        .references('uuid')
        .inTable('nodes')
        .onDelete('CASCADE')
        .withKeyName('node_inventory_node_fk');
      longTexts(table, 'inventory', 'plugin_data');
    });
  },
};
