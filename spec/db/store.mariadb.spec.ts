import { createConnection } from 'mysql2/promise';
import { describeStore } from '../contract/describe-store.ts';
import type { TestDatabase } from '../contract/store-bench.ts';
import { testDatabaseUrl } from '../services/test-services.ts';

async function mariadbDatabase(): Promise<TestDatabase> {
  const connection = await testDatabaseUrl();
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
    async [Symbol.asyncDispose]() {
      const client = await createConnection({ uri: connection });
      await client.query(`DROP DATABASE ${new URL(connection).pathname.slice(1)}`);
      await client.end();
    },
  };
}

describeStore('MariaDB', mariadbDatabase);
