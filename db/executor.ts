import type { OneRow } from './gathered-reads.ts';
import type { KeyRing } from './secrets.ts';
import type { Sql } from './statements.ts';

export type SqlValue = string | number | null;

/** One row of a result, by position of the selected columns. */
export type Row = readonly SqlValue[];

export interface RunResult {
  /** Rows that the statement matched. */
  changes: number;
  /** Key of the row that an INSERT made. */
  insert_id: number;
}

/** A statement on its way. */
export interface Statement {
  text: string;
  bindings: readonly SqlValue[];
  /** Its rows are wanted, and not the count of what it changed. */
  reads: boolean;
  /** The text is one of few, worth keeping as a prepared statement when it travels alone. */
  prepared?: boolean;
}

export type Answer = Row[] | RunResult;

/** The answers of statements that were sent together; or which one failed: those after it were not carried out. */
export type Answers = { failed_at: null; answers: Answer[] } | { failed_at: number; failure: unknown };

/** One database connection that is ours for the moment. */
export interface Link {
  /** `prepared`: the text is one of few, worth keeping as a prepared statement. */
  rows(sql: string, bindings: readonly SqlValue[], prepared?: boolean): Promise<Row[]>;
  /** As `rows`, each as it comes: nothing keeps them all. An error that `visit` throws is thrown once the rows are over. */
  each(sql: string, bindings: readonly SqlValue[], visit: (row: Row) => void): Promise<void>;
  run(sql: string, bindings: readonly SqlValue[]): Promise<RunResult>;
  /** Carries statements out in their order, in one round trip where the engine can. Never rejects. */
  many(statements: readonly Statement[]): Promise<Answers>;
}

/** What differs between the engines. Identifiers are quoted with backticks, which both take. */
export interface Dialect {
  readonly name: 'sqlite' | 'mysql';
  /** The database's clock as epoch milliseconds: an expression for any statement, constant within it. */
  readonly now: string;
  /** INSERT … RETURNING is known (SQLite, MariaDB; not MySQL). */
  readonly insert_returning: boolean;
  /** UPDATE … RETURNING is known (SQLite). */
  readonly update_returning: boolean;
  /** The tail of an INSERT that turns it into an update of `columns` when the unique `key` is taken. */
  upsert(key: string, columns: readonly string[]): string;
  /** A comparison with a pattern, whose case does not matter; `!` escapes. */
  like(column: string): string;
  /** How many rows the statement before matched, on the same connection: an expression. */
  readonly matched: string;
  /** Turns a driver's error into one of db/failures.ts; others come back as they are. */
  failure(error: unknown): unknown;
}

/**
 * Runs statements: alone, or inside the transaction that it was made for. There, statements that are issued without waiting for
 * each other (by Promise.all) are carried out in the order in which they were issued, in one round trip where the engine can.
 */
export interface Executor extends Omit<Link, 'many'> {
  readonly dialect: Dialect;
  readonly keys: KeyRing;
  /** One row, read perhaps together with those that others ask for. */
  one(wanted: OneRow): Promise<Row | undefined>;
  /** A write and the read after it, on one connection. */
  writeAndRead(write: Sql, read: Sql): Promise<[RunResult, Row[]]>;
  /** Runs `work` in a transaction; in the one that is open, when there is one. */
  atomic<T>(work: (inside: Executor) => Promise<T>): Promise<T>;
}
