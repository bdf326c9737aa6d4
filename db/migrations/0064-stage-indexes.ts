import type { Migration } from './migration.ts';

const INDEXES = [
  { columns: ['stage', 'attention'], name: 'servers_stage_attention_index' },
  { columns: ['attention', 'id'], name: 'servers_attention_index' },
];

/** The counts of the stages are read from an index alone, and those that need attention are found in their order. */
export const stageIndexes: Migration = {
  name: '0064-stage-indexes',
  async up({ knex }) {
    for (const { columns, name } of INDEXES)
      try {
        await knex.schema.alterTable('servers', (change) => change.index(columns, name));
      } catch (error) {
        // A run that was interrupted has made it.
        if (!/duplicate key name|already exists/i.test((error as Error).message)) throw error;
      }
  },
};
