import type { Migration } from './migration.ts';

const INDEXES = [
  ['orders', 'created_at'],
  ['orders', 'updated_at'],
  ['order_lines', 'updated_at'],
] as const;

/** Finds orders that changed lately, for those who watch. */
export const changeIndexes: Migration = {
  name: '0060-change-indexes',
  async up({ knex }) {
    for (const [table, column] of INDEXES) {
      const name = `${table}_${column}_index`;
      try {
        await knex.schema.alterTable(table, (change) => change.index([column], name));
      } catch (error) {
        // A run that was interrupted has made it.
        if (!/duplicate key name|already exists/i.test((error as Error).message)) throw error;
      }
    }
  },
};
