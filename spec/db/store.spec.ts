import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { describeStore } from '../contract/describe-store.ts';
import type { TestDatabase } from '../contract/store-bench.ts';

async function sqliteDatabase(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-sqlite-'));
  const file = join(folder, 'test.sqlite');
  return {
    connection: `sqlite://${file}`,
    async query(sql, bindings = []) {
      const client = new Database(file);
      try {
        client.pragma('busy_timeout = 5000');
        const statement = client.prepare<unknown[]>(sql);
        if (statement.reader) return statement.all(bindings) as Record<string, unknown>[];
        statement.run(bindings);
        return [];
      } finally {
        client.close();
      }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

describeStore('SQLite', sqliteDatabase);
