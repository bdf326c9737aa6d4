import { identified, longTexts, type Migration, optionalTexts, stored } from './migration.ts';

/** What each server is brought back to before it goes into stock. */
export const serverBaselines: Migration = {
  name: '0086-server-baselines',
  async up({ createTable, knex }) {
    await createTable('server_baselines', (table) => {
      stored(table);
      // The server's uuid. The baseline goes with the node.
      identified(table, 'server_baselines');
      table
        .foreign('uuid', 'server_baselines_node_fk')
        .references('uuid')
        .inTable('nodes')
        .onDelete('CASCADE');
      longTexts(table, 'hardware');
      optionalTexts(table, 'taken_by');
    });
    if (!(await knex.schema.hasColumn('firmware_baselines', 'digest')))
      await knex.schema.alterTable('firmware_baselines', (table) => {
        table.string('digest', 255).nullable();
      });
  },
};
