import { addIndex, type Migration } from './migration.ts';

const INDEXES = [['project', 'id'], ['user', 'id'], ['action', 'id'], ['created_at']] as const;

/** Lists of the audit by project, by user, by what was done, and by time. */
export const auditIndexes: Migration = {
  name: '0071-audit-indexes',
  async up({ knex }) {
    for (const columns of INDEXES) await addIndex(knex, 'audit', columns, `audit_${columns[0]}_index`);
  },
};
