import { parseConnection } from './connection-url.ts';
import { type Engine, openExecutor } from './engine.ts';
import { type FasterTime, fasterNow } from './faster-now.ts';
import { rotateTable } from './rotate-secrets.ts';
import type { KeyRing } from './secrets.ts';
import type { Store } from './store.ts';
import type { StoreLog } from './store-log.ts';
import { TABLES, tables } from './tables.ts';
import { pendingMigrations, upgradeSchema } from './upgrade.ts';

export interface StoreOptions {
  /** As `[database]connection`; see db/connection-url.ts. */
  connection: string;
  keys: KeyRing;
  /** Told of what the connection pool finds wrong. */
  log?: StoreLog;
  /** Connections to MariaDB/MySQL at most. Default 10. */
  max_pool_size?: number;
  /** How long a statement waits for a free connection before it fails with ServiceUnavailable. Default 15 s. */
  acquire_timeout_ms?: number;
  /** How long one statement may take on MariaDB/MySQL. Default 60 s. */
  statement_timeout_ms?: number;
  /** For soaks: the database's clock as the store tells it, from `since_ms` on so many times as fast. */
  time?: FasterTime;
}

/**
 * Opens the store. The schema is not touched: see `upgrade` and `pendingMigrations`. On SQLite there is one connection,
 * so inside `transaction` only the tables handed to the work may be used: others would wait for the transaction's end.
 * @throws ServiceUnavailable when the database cannot be reached.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const engine = await openEngine(options);
  const executor = openExecutor(engine, options.keys);
  return {
    ...tables(executor),
    transaction: (work) => executor.atomic((inside) => work(tables(inside))),
    upgrade: () => upgradeSchema(engine),
    pendingMigrations: () => pendingMigrations(engine),
    pool: () => engine.pool(),
    async rotateSecrets() {
      let rows = 0;
      for (const table of TABLES) rows += await rotateTable(executor, table);
      return rows;
    },
    [Symbol.asyncDispose]: () => engine.knex.destroy(),
  };
}

async function openEngine(options: StoreOptions): Promise<Engine> {
  const engine = await openDatabase(options);
  if (options.time === undefined) return engine;
  return { ...engine, dialect: { ...engine.dialect, now: fasterNow(engine.dialect.now, options.time) } };
}

async function openDatabase(options: StoreOptions): Promise<Engine> {
  const { max_pool_size = 10, acquire_timeout_ms = 15_000, statement_timeout_ms = 60_000 } = options;
  const database = parseConnection(options.connection);
  // The driver of the other engine is not loaded: SQLite's takes 9 MiB.
  if (database.engine === 'sqlite') {
    const { openSqlite } = await import('./sqlite.ts');
    return openSqlite(database.filename, acquire_timeout_ms, options.log);
  }
  const { openMysql } = await import('./mysql.ts');
  const limits = { max_pool_size, acquire_timeout_ms, statement_timeout_ms };
  return openMysql(database.address, limits, options.log);
}
