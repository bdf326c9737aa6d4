import type { Migration } from './migration.ts';

/** Servers that are kept out of stock, and why; when they were bought and racked, and until when their maker repairs them. */
export const quarantineAndDates: Migration = {
  name: '0085-quarantine-and-dates',
  async up({ knex }) {
    if (await knex.schema.hasColumn('servers', 'quarantined')) return;
    await knex.schema.alterTable('servers', (table) => {
      table.boolean('quarantined').notNullable().defaultTo(false);
      for (const column of ['quarantined_at', 'purchased_at', 'racked_at', 'warranty_until'])
        table.bigInteger(column).nullable();
      table.string('quarantined_by', 255).nullable();
      for (const column of ['quarantine_reason', 'quarantine_differences'])
        table.text(column, 'longtext').nullable();
      table.index(['warranty_until'], 'servers_warranty_until_index');
      table.index(['model_uuid'], 'servers_model_uuid_index');
    });
  },
};
