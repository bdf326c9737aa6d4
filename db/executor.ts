import type { KeyRing } from './secrets.ts';

export type SqlValue = string | number | null;

/** One row of a result, by position of the selected columns. */
export type Row = readonly SqlValue[];

export interface RunResult {
  /** Rows that the statement matched. */
  changes: number;
  /** Key of the row that an INSERT made. */
  insert_id: number;
}

/** One database connection that is ours for the moment. */
export interface Link {
  /** `prepared`: the text is one of few, worth keeping as a prepared statement. */
  rows(sql: string, bindings: readonly SqlValue[], prepared?: boolean): Promise<Row[]>;
  run(sql: string, bindings: readonly SqlValue[]): Promise<RunResult>;
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
  /** Turns a driver's error into one of db/failures.ts; others come back as they are. */
  failure(error: unknown): unknown;
}

/** Runs statements: alone, or inside the transaction that it was made for. */
export interface Executor extends Link {
  readonly dialect: Dialect;
  readonly keys: KeyRing;
  /** Runs `work` in a transaction; in the one that is open, when there is one. */
  atomic<T>(work: (inside: Executor) => Promise<T>): Promise<T>;
}
