import { addIndex, dropIndex, type Migration } from './migration.ts';

/** Each has what else may be asked for, so that only the entries of a page are read from the table. */
const INDEXES = [
  { columns: ['project', 'id', 'action', 'outcome', 'created_at'], before: 'audit_project_index' },
  { columns: ['user', 'id', 'action', 'outcome', 'created_at'], before: 'audit_user_index' },
  { columns: ['action', 'id', 'outcome', 'created_at'], before: 'audit_action_index' },
  { columns: ['outcome', 'id', 'created_at'], before: null },
  { columns: ['request_id', 'id'], before: null },
] as const;

/** What became of what was asked for; entries are also found by that, and by the id that the service's logs have. */
export const auditOutcomes: Migration = {
  name: '0133-audit-outcomes',
  async up({ knex }) {
    for (const name of ['audit', 'audit_pending']) {
      if (await knex.schema.hasColumn(name, 'outcome')) continue;
      await knex.schema.alterTable(name, (table) => {
        table.string('outcome', 16).notNullable().defaultTo('done');
      });
    }
    for (const { columns, before } of INDEXES) {
      await addIndex(knex, 'audit', columns, `audit_by_${columns[0]}`);
      if (before !== null) await dropIndex(knex, 'audit', before);
    }
  },
};
