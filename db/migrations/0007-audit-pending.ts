import type { Migration } from './migration.ts';
import { longTexts, optionalTexts, texts } from './migration.ts';

/** Entries of the audit that are not in its chain yet. */
export const auditPending: Migration = {
  name: '0007-audit-pending',
  async up({ createTable }) {
    await createTable('audit_pending', (table) => {
      table.bigIncrements('id');
      table.bigInteger('created_at').notNullable();
      table.string('node_uuid', 36).nullable();
      texts(table, 'action');
      optionalTexts(table, 'user', 'project', 'request_id');
      longTexts(table, 'detail');
    });
  },
};
