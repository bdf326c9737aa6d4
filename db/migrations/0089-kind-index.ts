import type { Migration } from './migration.ts';

/** Servers of a kind are counted from an index alone. */
export const kindIndex: Migration = {
  name: '0089-kind-index',
  async up({ knex }) {
    try {
      await knex.schema.alterTable('servers', (change) =>
        change.index(['resource_class', 'availability_zone', 'vendor'], 'servers_kind_index'),
      );
    } catch (error) {
      // A run that was interrupted has made it.
      if (!/duplicate key name|already exists/i.test((error as Error).message)) throw error;
    }
  },
};
