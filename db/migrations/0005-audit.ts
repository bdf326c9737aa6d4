import type { Migration } from './migration.ts';
import { longTexts, optionalTexts, texts } from './migration.ts';

/** Who did what to which node: a chain of entries, and the one row that says where it ends. */
export const audit: Migration = {
  name: '0005-audit',
  async up({ knex, createTable }) {
    await createTable('audit', (table) => {
      table.bigInteger('id').notNullable().primary();
      table.bigInteger('created_at').notNullable();
      // No foreign key: the entries outlive the node.
      table.string('node_uuid', 36).nullable();
      texts(table, 'action');
      optionalTexts(table, 'user', 'project', 'request_id');
      longTexts(table, 'detail');
      table.string('previous_hash', 64).notNullable();
      table.string('hash', 64).notNullable();
      table.index(['node_uuid', 'id'], 'audit_node_index');
    });
    await createTable('audit_head', (table) => {
      table.integer('id').notNullable().primary();
      table.bigInteger('last_id').notNullable();
      table.string('last_hash', 64).notNullable();
    });
    const [row] = await knex('audit_head').where({ id: 1 });
    if (row === undefined) await knex('audit_head').insert({ id: 1, last_id: 0, last_hash: '0'.repeat(64) });
  },
};
