import { readFileSync } from 'node:fs';
import knexModule from 'knex';
import type { Connection } from 'mysql2';
import { serviceError } from '../lifecycle/errors.ts';
import { type Engine, type PooledClient, poolState } from './engine.ts';
import type { Dialect, Link } from './executor.ts';
import { mysqlFailure } from './failures.ts';
import { type MysqlLink, mysqlLink } from './mysql-link.ts';
import { knexLog, type StoreLog } from './store-log.ts';

export interface MysqlAddress {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  socketPath?: string;
  /** File of the authority that signed the server's certificate; its presence turns TLS on. */
  ssl_ca?: string;
}

export interface MysqlLimits {
  max_pool_size: number;
  acquire_timeout_ms: number;
  statement_timeout_ms: number;
}

const CONNECT_TIMEOUT_MS = 5_000;
const SCHEMA_LOCK_TIMEOUT_S = 120;
const PREPARED_STATEMENTS = 256;

const NOW = 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)';

/**
 * Refuses what does not fit instead of cutting it, counts time in UTC, and gives a lock up before a client does. A process
 * that is paused inside a transaction would keep its locks, and everybody waiting, for as long as it sleeps: MariaDB ends
 * such a transaction, before those who wait for it give up. MySQL has no such limit and takes that part for a comment.
 */
const SESSION = [
  "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY,ERROR_FOR_DIVISION_BY_ZERO', " +
    "time_zone = '+00:00', innodb_lock_wait_timeout = 10, group_concat_max_len = 1048576 " +
    '/*M!100301 , idle_transaction_timeout = 5 */',
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];

/** Opens a bounded pool of connections to MariaDB or MySQL. @throws ServiceUnavailable */
export async function openMysql(
  address: MysqlAddress,
  limits: MysqlLimits,
  log: StoreLog | undefined,
): Promise<Engine> {
  const { ssl_ca, ...where } = address;
  const links = new WeakMap<object, MysqlLink>();
  const client = knexModule.knex({
    client: 'mysql2',
    connection: {
      ...where,
      charset: 'utf8mb4',
      connectTimeout: CONNECT_TIMEOUT_MS,
      maxPreparedStatements: PREPARED_STATEMENTS,
      // For the statements of a transaction that travel together. Values are never put into a text by our own hand.
      multipleStatements: true,
      ...(ssl_ca === undefined ? {} : { ssl: { ca: readFileSync(ssl_ca, 'utf8') } }),
    } as object,
    log: knexLog(log),
    acquireConnectionTimeout: limits.acquire_timeout_ms,
    pool: {
      min: 0,
      // The schema's lock holds one connection while another changes the schema.
      max: Math.max(2, limits.max_pool_size),
      afterCreate(connection: Connection, done: (error: unknown, connection: Connection) => void) {
        const link = mysqlLink(connection, limits.statement_timeout_ms);
        links.set(connection, link);
        Promise.all(SESSION.map((sql) => link.run(sql, []))).then(
          () => done(null, connection),
          (error: unknown) => done(error, connection),
        );
      },
    },
  });
  const pool: PooledClient = client.client;

  async function use<T>(work: (link: Link) => Promise<T>): Promise<T> {
    const connection = await pool.acquireConnection();
    try {
      return await work(links.get(connection) as MysqlLink);
    } finally {
      await pool.releaseConnection(connection);
    }
  }

  try {
    const [row] = await use((link) => link.rows('SELECT VERSION()', []));
    const mariadb = String(row?.[0]).toLowerCase().includes('mariadb');
    const [collation] = await use((link) => link.rows(COLLATION, []));
    if (collation === undefined) throw new Error('MariaDB 10.6 or MySQL 8.0 and newer are supported.');
    return {
      knex: client,
      dialect: { ...DIALECT, insert_returning: mariadb },
      begin: 'START TRANSACTION',
      pool: () => poolState(pool),
      use,
      discard: (link) => (link as MysqlLink).abandon('its transaction could not be ended'),
      schema: {
        collation: String(collation[0]),
        lock: (work) => use((link) => withSchemaLock(link, where.database, () => work(client))),
      },
    };
  } catch (error) {
    await client.destroy();
    throw mysqlFailure(error);
  }
}

/** The collations that compare bytes and take trailing blanks for what they are, as SQLite does. */
const COLLATION =
  "SELECT COLLATION_NAME FROM information_schema.COLLATIONS WHERE COLLATION_NAME IN ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin')";

const DIALECT: Omit<Dialect, 'insert_returning'> = {
  name: 'mysql',
  now: NOW,
  update_returning: false,
  upsert: (_key, columns) =>
    `ON DUPLICATE KEY UPDATE ${columns.map((column) => `\`${column}\` = VALUES(\`${column}\`)`).join(', ')}`,
  // Half the CPU of LOWER on every row.
  like: (column) => `\`${column}\` COLLATE utf8mb4_general_ci LIKE ? ESCAPE '!'`,
  matched: 'ROW_COUNT()',
  failure: mysqlFailure,
};

/** The lock is the connection's: it falls when the process dies. */
async function withSchemaLock<T>(link: Link, database: string, work: () => Promise<T>): Promise<T> {
  const name = `kurogane-schema-${database}`.slice(0, 64);
  const [row] = await link.rows('SELECT GET_LOCK(?, ?)', [name, SCHEMA_LOCK_TIMEOUT_S]);
  if (row?.[0] !== 1)
    throw serviceError('ServiceUnavailable', {
      why: 'Another process has been upgrading the schema for too long.',
    });
  try {
    return await work();
  } finally {
    await link.rows('SELECT RELEASE_LOCK(?)', [name]);
  }
}
