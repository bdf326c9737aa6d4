import {
  identified,
  indexes,
  longTexts,
  type Migration,
  optionalLongTexts,
  optionalNumbers,
  optionalTexts,
  stored,
  texts,
} from './migration.ts';

/** Accounts on BMCs that were handed out for a while. */
export const bmcLeases: Migration = {
  name: '0062-bmc-leases',
  async up({ createTable }) {
    await createTable('bmc_leases', (table) => {
      stored(table);
      identified(table, 'bmc_leases');
      table.string('server_uuid', 36).notNullable();
      table.string('username', 64).notNullable().unique({ indexName: 'bmc_leases_username' });
      texts(table, 'side', 'access', 'role', 'password_hash', 'state');
      optionalTexts(table, 'project', 'user');
      longTexts(table, 'bmc');
      optionalLongTexts(table, 'last_error');
      table.bigInteger('expires_at').notNullable();
      table.integer('attempts').notNullable();
      optionalNumbers(table, 'revoked_at', 'next_at');
      indexes(table, 'bmc_leases', 'server_uuid', 'state');
    });
  },
};
