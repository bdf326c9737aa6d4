import {
  flags,
  identified,
  indexes,
  type Migration,
  optionalLongTexts,
  optionalNumbers,
  optionalTexts,
  stored,
  texts,
} from './migration.ts';

/** Consoles of servers: who may open one, has one open, or had. */
export const consoles: Migration = {
  name: '0095-consoles',
  async up({ createTable }) {
    await createTable('consoles', (table) => {
      stored(table);
      identified(table, 'consoles');
      table.string('server_uuid', 36).notNullable();
      table.string('ticket_hash', 64).notNullable().unique({ indexName: 'consoles_ticket_hash' });
      texts(table, 'type', 'side', 'state');
      optionalTexts(table, 'project', 'user');
      flags(table, 'read_only', 'take_over');
      optionalLongTexts(table, 'why');
      table.bigInteger('expires_at').notNullable();
      optionalNumbers(table, 'opened_at', 'seen_at', 'closed_at');
      indexes(table, 'consoles', 'server_uuid');
    });
  },
};
