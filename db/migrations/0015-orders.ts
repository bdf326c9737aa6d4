import {
  identified,
  indexes,
  longTexts,
  type Migration,
  optionalLongTexts,
  optionalNumbers,
  optionalTexts,
  stored,
  texts,
} from './migration.ts';

/** Orders of servers, one line for each server, and how many servers a project may order. */
export const orders: Migration = {
  name: '0015-orders',
  async up({ createTable }) {
    await createTable('orders', (table) => {
      stored(table);
      identified(table, 'orders');
      texts(table, 'project', 'state');
      optionalTexts(table, 'name', 'user', 'request_id');
      table.integer('count').notNullable();
      longTexts(table, 'request');
      optionalNumbers(table, 'cancelled_at', 'finished_at');
      indexes(table, 'orders', 'project', 'state');
    });
    await createTable('order_lines', (table) => {
      stored(table);
      identified(table, 'order_lines');
      table
        .string('order_uuid', 36)
        .notNullable()
        .references('uuid')
        .inTable('orders')
        .onDelete('CASCADE')
        .withKeyName('order_lines_order_fk');
      table.integer('position').notNullable();
      table.integer('attempts').notNullable();
      texts(table, 'state');
      optionalTexts(table, 'name', 'deploy_interface');
      table.string('server_uuid', 36).nullable();
      longTexts(table, 'tried');
      optionalLongTexts(table, 'last_error');
      table.index(['order_uuid', 'position'], 'order_lines_order_index');
      indexes(table, 'order_lines', 'server_uuid');
    });
    await createTable('quotas', (table) => {
      stored(table);
      identified(table, 'quotas');
      table.string('project', 255).notNullable().unique({ indexName: 'quotas_project' });
      table.integer('servers').notNullable();
    });
  },
};
