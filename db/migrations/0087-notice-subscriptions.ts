import {
  flags,
  identified,
  indexes,
  longTexts,
  type Migration,
  optionalTexts,
  stored,
  texts,
} from './migration.ts';

/** Where projects, and the provider, want notices to go; what a server's customer was last told of its hardware. */
export const noticeSubscriptions: Migration = {
  name: '0087-notice-subscriptions',
  async up({ createTable, knex }) {
    await createTable('notice_subscriptions', (table) => {
      stored(table);
      identified(table, 'notice_subscriptions');
      texts(table, 'name', 'outlet', 'severity');
      optionalTexts(table, 'project');
      table.string('target', 2000).notNullable();
      longTexts(table, 'events', 'secrets');
      flags(table, 'enabled');
      indexes(table, 'notice_subscriptions', 'project');
    });
    if (!(await knex.schema.hasColumn('notices', 'audience')))
      await knex.schema.alterTable('notices', (table) => {
        table.string('subscription_uuid', 36).nullable();
        table.string('audience', 255).nullable();
        table.index(['audience'], 'notices_audience_index');
      });
    if (!(await knex.schema.hasColumn('servers', 'fault_told')))
      await knex.schema.alterTable('servers', (table) => {
        table.string('fault_told', 255).nullable();
        table.index(['fault_told'], 'servers_fault_told_index');
      });
  },
};
