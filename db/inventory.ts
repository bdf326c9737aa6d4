import type { InventoryRecord } from '../lifecycle/records.ts';
import { json, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { explained, getBy } from './repository.ts';
import { insertText } from './statements.ts';
import type { InventoryRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT, written } from './table.ts';

export const INVENTORY = defineTable<InventoryRecord>({
  name: 'node_inventory',
  kind: 'inventory',
  columns: {
    id: ID,
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    node_uuid: value(),
    inventory: json('{}'),
    plugin_data: json('{}'),
  },
  unique: { node_inventory_node_uuid: ['node_uuid'] },
});

export function inventoryRepository(db: Executor): InventoryRepository {
  return {
    get: (node_uuid) => getBy(db, INVENTORY, 'node_uuid', node_uuid),
    async put(node_uuid, { inventory, plugin_data }) {
      const given = { node_uuid, inventory, plugin_data };
      const { columns, bindings } = written(INVENTORY, given, '', db.keys);
      const changed = db.dialect.upsert('node_uuid', ['inventory', 'plugin_data']);
      const text = `${insertText(INVENTORY, db.dialect, columns)} ${changed}, \`updated_at\` = ${db.dialect.now}`;
      await explained(INVENTORY, given, () => db.run(text, bindings));
    },
  };
}
