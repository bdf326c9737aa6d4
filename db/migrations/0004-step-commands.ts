import type { Migration } from './migration.ts';

/** What was asked of the BMC during one visit of a step, for the timeline. */
export const stepCommands: Migration = {
  name: '0004-step-commands',
  async up({ knex }) {
    if (await knex.schema.hasColumn('job_steps', 'commands')) return;
    await knex.schema.alterTable('job_steps', (table) => {
      table.text('commands', 'longtext').nullable();
    });
  },
};
