import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import Database from 'libsql';
import { openStore } from '../../db/open-store.ts';
import { testKeys } from '../builders/records.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** What the migrations leave of an empty database, as SQL; they run once in this process. */
let schema: Promise<string> | undefined;

/** A SQLite database in memory. It goes when this is disposed of and the last store that was opened on it is. */
export interface MemoryDatabase extends Disposable {
  /** As `[database]connection`, for stores of this process. */
  readonly connection: string;
}

/** Makes a database in memory as the migrations leave it, in a tenth of the time that they take. */
export async function migratedSqlite(): Promise<MemoryDatabase> {
  schema ??= madeSchema();
  const sql = await schema;
  const uri = `file:kurogane-${randomBytes(8).toString('hex')}?mode=memory&cache=shared`;
  const client = new Database(uri);
  client.exec(sql);
  return { connection: `sqlite://${uri}`, [Symbol.dispose]: () => client.close() };
}

async function madeSchema(): Promise<string> {
  const folder = await temporaryFolder('kurogane-schema-');
  const file = join(folder.path, 'made.sqlite');
  const store = await openStore({ connection: `sqlite://${file}`, keys: testKeys() });
  await store.upgrade();
  await store[Symbol.asyncDispose]();
  const client = new Database(file);
  try {
    const rows = (sql: string) => client.prepare<unknown[]>(sql).raw(true).all([]) as string[][];
    const made = rows(
      "SELECT sql, type, name FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
    );
    const inserts = made
      .filter(([, type]) => type === 'table')
      .flatMap(([, , name = '']) => {
        const columns = rows(`SELECT name FROM pragma_table_info('${name}')`).map(
          ([column]) => `"${column}"`,
        );
        return rows(
          `SELECT 'INSERT INTO "${name}" VALUES (' || ${columns.map((c) => `quote(${c})`).join(" || ',' || ")} || ')' FROM "${name}"`,
        ).flat();
      });
    return ['BEGIN', ...made.map(([sql]) => sql), ...inserts, 'COMMIT'].join(';\n');
  } finally {
    client.close();
    await folder.remove();
  }
}
