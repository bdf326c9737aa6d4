import { createConnection } from 'mysql2/promise';
import { openStore } from '../../db/open-store.ts';
import { testKeys } from '../builders/records.ts';
import { testDatabaseUrl } from './test-services.ts';

/** What the migrations leave of an empty database on the shared MariaDB, as SQL; they run once in this process. */
let schema: Promise<string> | undefined;

/** URL of a fresh database on the shared MariaDB as the migrations leave it, in a tenth of the time that they take. */
export async function migratedDatabaseUrl(): Promise<string> {
  schema ??= madeSchema();
  const sql = await schema;
  const url = await testDatabaseUrl();
  await withClient(url, (client) => client.query(sql));
  return url;
}

/** Removes the database of a URL. */
export async function dropDatabase(url: string): Promise<void> {
  await withClient(url, (client) => client.query(`DROP DATABASE ${databaseOf(url)}`));
}

async function madeSchema(): Promise<string> {
  const url = await testDatabaseUrl();
  await using store = await openStore({ connection: url, keys: testKeys() });
  await store.upgrade();
  return withClient(url, async (client) => {
    const rows = async (sql: string) => (await client.query({ sql, rowsAsArray: true }))[0] as string[][];
    const creates: string[] = [];
    const copies: string[] = [];
    for (const [name = ''] of await rows('SHOW TABLES')) {
      const [[, create = ''] = []] = await rows(`SHOW CREATE TABLE \`${name}\``);
      creates.push(create);
      const filled = (await rows(`SELECT 1 FROM \`${name}\` LIMIT 1`)).length > 0;
      if (filled) copies.push(`INSERT INTO \`${name}\` SELECT * FROM ${databaseOf(url)}.\`${name}\``);
    }
    // Tables name others that are made after them.
    return ['SET foreign_key_checks = 0', ...creates, ...copies].join(';\n');
  });
}

type Client = Awaited<ReturnType<typeof createConnection>>;

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await createConnection({ uri: url, multipleStatements: true });
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const databaseOf = (url: string): string => new URL(url).pathname.slice(1);
