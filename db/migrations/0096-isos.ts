import { identified, indexes, type Migration, optionalTexts, stored, texts } from './migration.ts';

/** ISO images that were brought, and the BMCs that may read them. */
export const isos: Migration = {
  name: '0096-isos',
  async up({ createTable }) {
    await createTable('isos', (table) => {
      stored(table);
      identified(table, 'isos');
      texts(table, 'name', 'state');
      optionalTexts(table, 'project', 'user', 'sha256');
      for (const column of ['size_bytes', 'received_bytes', 'expires_at'])
        table.bigInteger(column).notNullable();
      indexes(table, 'isos', 'project', 'expires_at');
    });
    await createTable('iso_mounts', (table) => {
      stored(table);
      identified(table, 'iso_mounts');
      table.string('iso_uuid', 36).notNullable();
      table.string('server_uuid', 36).notNullable();
      table.string('token_hash', 64).notNullable().unique({ indexName: 'iso_mounts_token_hash' });
      table.bigInteger('expires_at').notNullable();
      indexes(table, 'iso_mounts', 'iso_uuid', 'server_uuid');
    });
  },
};
