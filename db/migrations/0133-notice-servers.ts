import type { Migration } from './migration.ts';

/** Which server a notice is about. */
export const noticeServers: Migration = {
  name: '0133-notice-servers',
  async up({ knex }) {
    if (await knex.schema.hasColumn('notices', 'server_uuid')) return;
    await knex.schema.alterTable('notices', (table) => {
      // No foreign key: notices outlive the node.
      table.string('server_uuid', 36).nullable();
      table.index(['server_uuid'], 'notices_server_uuid_index');
    });
  },
};
