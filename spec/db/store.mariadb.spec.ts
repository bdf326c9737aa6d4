import { createConnection } from 'mysql2/promise';
import { describeStore } from '../contract/describe-store.ts';
import type { TestDatabase } from '../contract/store-bench.ts';
import { dropDatabase, migratedDatabaseUrl } from '../services/mariadb-template.ts';
import { testDatabaseUrl } from '../services/test-services.ts';

async function mariadbDatabase(newDatabase: () => Promise<string>): Promise<TestDatabase> {
  const connection = await newDatabase();
  return {
    connection,
    async query(sql, bindings = []) {
      const client = await createConnection({ uri: connection });
      try {
        const [rows] = await client.query(sql, [...bindings]);
        return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
      } finally {
        await client.end();
      }
    },
    [Symbol.asyncDispose]: () => dropDatabase(connection),
  };
}

describeStore(
  'MariaDB',
  () => mariadbDatabase(testDatabaseUrl),
  () => mariadbDatabase(migratedDatabaseUrl),
);
