import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import { serviceError } from '../lifecycle/errors.ts';
import type { Dialect, Executor, Link } from './executor.ts';
import { Contention } from './failures.ts';
import { gatheredReads } from './gathered-reads.ts';
import type { KeyRing } from './secrets.ts';
import type { PoolState } from './store.ts';
import { answersOf, transact, writeAndRead } from './transaction.ts';

/** The part of a knex client that hands out connections of its pool. */
export interface PooledClient {
  acquireConnection(): Promise<object>;
  releaseConnection(connection: object): Promise<void>;
  readonly pool: { numUsed(): number; numFree(): number; numPendingAcquires(): number };
}

export function poolState({ pool }: PooledClient): PoolState {
  return { used: pool.numUsed(), free: pool.numFree(), waiting: pool.numPendingAcquires() };
}

/** A database: knex for its pool and its migrations, and a short way to run a statement's text on a connection. */
export interface Engine {
  readonly knex: Knex;
  readonly dialect: Dialect;
  readonly begin: string;
  pool(): PoolState;
  /** Lends a connection to `work`. */
  use<T>(work: (link: Link) => Promise<T>): Promise<T>;
  /** Keeps a connection whose transaction could not be ended from being used again. */
  discard(link: Link): void;
  readonly schema: SchemaTraits;
}

/** What migrations need to know. */
export interface SchemaTraits {
  /** Collation that compares byte by byte, trailing blanks included; null: the engine does so anyway. */
  readonly collation: string | null;
  /** Runs `work` while no other process changes the schema; `locked` is the knex to change it with. */
  lock<T>(work: (locked: Knex) => Promise<T>): Promise<T>;
}

const ATTEMPTS = 8;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 400;

/** An executor that lends a connection per statement. */
export function openExecutor(engine: Engine, keys: KeyRing): Executor {
  const { dialect } = engine;
  const alone = <T>(work: (link: Link) => Promise<T>) => retried(dialect, () => engine.use(work));
  const failed = (error: unknown): never => {
    throw dialect.failure(error);
  };
  const rows: Executor['rows'] = (sql, bindings, prepared) =>
    alone((link) => link.rows(sql, bindings, prepared));
  return {
    dialect,
    keys,
    rows,
    // Rows that were seen already would be seen again: a read that takes no locks meets no conflict either.
    each: (sql, bindings, visit) => engine.use((link) => link.each(sql, bindings, visit)).catch(failed),
    one: gatheredReads((text, bindings) => rows(text, bindings, true)),
    run: (sql, bindings) => alone((link) => link.run(sql, bindings)),
    writeAndRead: (write, read) =>
      alone(async (link) => answersOf(await link.many(writeAndRead(write, read)))),
    atomic: (work) => alone((link) => transact(engine, link, keys, work)),
  };
}

/**
 * Runs `work`, and again while the database ends it for the sake of another transaction: it changed nothing then.
 * The pauses are real time, since the other side of the conflict lives in real time.
 * @throws ServiceUnavailable when the conflict lasts.
 */
export async function retried<T>(
  dialect: Dialect,
  work: () => Promise<T>,
  attempts: number = ATTEMPTS,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const failure = dialect.failure(error);
      if (!(failure instanceof Contention)) throw failure;
      if (attempt === attempts) {
        throw serviceError('ServiceUnavailable', {
          why: 'The database is busy with conflicting changes. Retry later.',
        });
      }
    }
    const longest_ms = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
    await pause(longest_ms * (0.5 + Math.random() / 2));
  }
}
