import type { Migration } from './migration.ts';

/** Since when a deploy makes no progress, and when its system last told of some. */
export const stalledDeploys: Migration = {
  name: '0105-stalled-deploys',
  async up({ knex }) {
    if (await knex.schema.hasColumn('servers', 'stalled_at')) return;
    await knex.schema.alterTable('servers', (table) => {
      table.bigInteger('stalled_at').nullable();
      table.bigInteger('progressed_at').nullable();
    });
  },
};
