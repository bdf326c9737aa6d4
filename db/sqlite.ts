import { createRequire } from 'node:module';
import type { Knex } from 'knex';
import knexModule from 'knex';
import Database from 'libsql';
import { type Engine, type PooledClient, poolState } from './engine.ts';
import type { Answer, Dialect, Link, Row, SqlValue } from './executor.ts';
import { sqliteFailure } from './failures.ts';
import { knexLog, type StoreLog } from './store-log.ts';

const BetterSqlite3Client = createRequire(import.meta.url)(
  'knex/lib/dialects/better-sqlite3/index.js',
) as new (
  config: Knex.Config,
) => Knex.Client;

/** knex's better-sqlite3 dialect on libsql, which has the same interface and comes as a prebuilt npm package. */
class LibsqlClient extends BetterSqlite3Client {
  _driver(): typeof Database {
    return Database;
  }

  override async acquireRawConnection(): Promise<Database.Database> {
    const connection: Database.Database = await super.acquireRawConnection();
    for (const pragma of PRAGMAS) connection.pragma(pragma);
    return connection;
  }
}

/**
 * The driver waits for another process's lock inside the call, so that wait is kept short: the engine's retries, which
 * leave the event loop free, do the rest. NORMAL in WAL mode keeps the file whole over a power cut.
 */
const PRAGMAS = ['journal_mode = WAL', 'synchronous = NORMAL', 'foreign_keys = ON', 'busy_timeout = 250'];

const DIALECT: Dialect = {
  name: 'sqlite',
  now: "CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)",
  insert_returning: true,
  update_returning: true,
  like: (column) => `\`${column}\` LIKE ? ESCAPE '!'`,
  upsert: (key, columns) =>
    `ON CONFLICT (\`${key}\`) DO UPDATE SET ${columns.map((c) => `\`${c}\` = excluded.\`${c}\``).join(', ')}`,
  matched: 'changes()',
  failure: sqliteFailure,
};

/** Statements kept compiled per connection; the oldest goes first. */
const STATEMENTS = 500;

/**
 * Opens the SQLite file `filename` (or `:memory:`). There is one connection: who holds it is alone, so a transaction
 * keeps every other statement of this process waiting until it ended.
 */
export function openSqlite(filename: string, acquire_timeout_ms: number, log: StoreLog | undefined): Engine {
  const client = knexModule.knex({
    client: LibsqlClient as unknown as typeof Knex.Client,
    connection: { filename },
    useNullAsDefault: true,
    log: knexLog(log),
    acquireConnectionTimeout: acquire_timeout_ms,
    pool: { min: 1, max: 1 },
  });
  const pool: PooledClient = client.client;
  const links = new WeakMap<object, Link>();
  return {
    knex: client,
    dialect: DIALECT,
    begin: 'BEGIN IMMEDIATE',
    pool: () => poolState(pool),
    async use(work) {
      const connection = (await pool.acquireConnection()) as Database.Database;
      try {
        let link = links.get(connection);
        if (link === undefined) {
          link = sqliteLink(connection);
          links.set(connection, link);
        }
        return await work(link);
      } finally {
        await pool.releaseConnection(connection);
      }
    },
    // Every failure that makes ROLLBACK fail here has ended the transaction already (SQLite, "lang_transaction").
    discard() {},
    schema: {
      collation: null,
      // One transaction around all of it; its first statement writes, which takes the file's write lock at once.
      lock: (work) =>
        client.transaction(async (locked) => {
          await locked.raw('PRAGMA user_version = 1');
          return work(locked);
        }),
    },
  };
}

function sqliteLink(connection: Database.Database): Link {
  const kept = new Map<string, Database.Statement<unknown[]>>();
  const compiled = (sql: string): Database.Statement<unknown[]> => {
    const known = kept.get(sql);
    if (known !== undefined) return known;
    const statement = connection.prepare<unknown[]>(sql);
    if (statement.reader) statement.raw(true);
    const oldest = kept.size >= STATEMENTS ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
    kept.set(sql, statement);
    return statement;
  };
  const link: Link = {
    async rows(sql: string, bindings: readonly SqlValue[]) {
      return compiled(sql).all(bindings) as Row[];
    },
    async each(sql, bindings, visit) {
      for (const row of compiled(sql).all(bindings)) visit(row as Row);
    },
    async run(sql: string, bindings: readonly SqlValue[]) {
      const { changes, lastInsertRowid } = compiled(sql).run(bindings);
      return { changes, insert_id: Number(lastInsertRowid) };
    },
    async many(statements) {
      const answers: Answer[] = [];
      try {
        for (const { text, bindings, reads } of statements)
          answers.push(await (reads ? link.rows(text, bindings) : link.run(text, bindings)));
        return { failed_at: null, answers };
      } catch (failure) {
        return { failed_at: answers.length, failure };
      }
    },
  };
  return link;
}
