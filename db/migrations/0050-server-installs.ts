import type { Migration } from './migration.ts';

/** What a server's own system says of its installation. */
export const serverInstalls: Migration = {
  name: '0050-server-installs',
  async up({ knex }) {
    if (await knex.schema.hasColumn('servers', 'installed_at')) return;
    await knex.schema.alterTable('servers', (table) => {
      table.bigInteger('installed_at').nullable();
      table.bigInteger('install_failed_at').nullable();
      table.text('install_note', 'longtext').nullable();
    });
  },
};
