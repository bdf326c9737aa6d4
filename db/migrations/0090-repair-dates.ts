import type { Migration } from './migration.ts';

/** When a repair was proposed for, and what the customer agreed to. */
export const repairDates: Migration = {
  name: '0090-repair-dates',
  async up({ knex }) {
    if (await knex.schema.hasColumn('work_orders', 'proposed_from')) return;
    await knex.schema.alterTable('work_orders', (table) => {
      table.boolean('hot').nullable();
      for (const column of ['proposed_from', 'proposed_until', 'agreed_from', 'agreed_until', 'agreed_at'])
        table.bigInteger(column).nullable();
      table.string('agreed_by', 255).nullable();
    });
  },
};
