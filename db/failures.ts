import { type ServiceError, serviceError } from '../lifecycle/errors.ts';

/** A unique key is taken. The repository knows the record and turns it into AlreadyExists. */
export class DuplicateKey extends Error {
  /** Name of the unique index (MariaDB), or its columns (SQLite): the one that the engine told. */
  readonly index: string | null;
  readonly columns: readonly string[];

  constructor(told: { index?: string; columns?: readonly string[] }) {
    super(`A unique key is taken: ${told.index ?? told.columns?.join(', ')}`);
    this.name = 'DuplicateKey';
    this.index = told.index ?? null;
    this.columns = told.columns ?? [];
  }
}

/** A foreign key names a row that is not there, or a row that others name is deleted. */
export class BrokenReference extends Error {
  constructor() {
    super('A foreign key does not hold.');
    this.name = 'BrokenReference';
  }
}

/** The database ended a statement or transaction for the sake of another; it changed nothing and may be run again. */
export class Contention extends Error {
  constructor(cause: unknown) {
    super('The database ended a statement in favour of another one.', { cause });
    this.name = 'Contention';
  }
}

type Told = { code?: unknown; message?: unknown; fatal?: unknown; name?: unknown; syscall?: unknown };

const told = (error: unknown): Told => (typeof error === 'object' && error !== null ? error : {});

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** "UNIQUE constraint failed: nodes.name, nodes.owner" → [name, owner]. */
const sqliteColumns = (message: string): string[] =>
  (message.split(':').at(-1) ?? '').split(',').map((column) => column.trim().split('.').at(-1) ?? '');

/** "Duplicate entry 'x' for key 'nodes_name'", or 'nodes.nodes_name' (MySQL 8) → nodes_name. */
const mysqlIndex = (message: string): string => /for key '(?:[^'.]*\.)?([^']+)'$/.exec(message)?.[1] ?? '';

type Translate = (error: Told) => unknown;

const contention: Translate = (error) => new Contention(error);
const duplicate: Translate = (error) => new DuplicateKey({ columns: sqliteColumns(text(error.message)) });
const reference: Translate = () => new BrokenReference();
const tooLong: Translate = (error) => {
  const column = /column '([^']+)'/.exec(text(error.message))?.[1] ?? 'A field';
  return serviceError('InvalidParameterValue', { why: `${column}: the value is too long or out of range.` });
};

const SQLITE: Readonly<Record<string, Translate>> = {
  SQLITE_CONSTRAINT_UNIQUE: duplicate,
  SQLITE_CONSTRAINT_PRIMARYKEY: duplicate,
  SQLITE_CONSTRAINT_FOREIGNKEY: reference,
  SQLITE_BUSY: contention,
  SQLITE_BUSY_SNAPSHOT: contention,
  SQLITE_LOCKED: contention,
  SQLITE_CANTOPEN: unavailable,
  SQLITE_IOERR: unavailable,
  SQLITE_FULL: unavailable,
  SQLITE_READONLY: unavailable,
};

const MYSQL: Readonly<Record<string, Translate>> = {
  ER_DUP_ENTRY: (error) => new DuplicateKey({ index: mysqlIndex(text(error.message)) }),
  ER_NO_REFERENCED_ROW_2: reference,
  ER_ROW_IS_REFERENCED_2: reference,
  ER_LOCK_DEADLOCK: contention,
  ER_LOCK_WAIT_TIMEOUT: contention,
  ER_CHECKREAD: contention,
  ER_DATA_TOO_LONG: tooLong,
  ER_WARN_DATA_OUT_OF_RANGE: tooLong,
  ER_DISK_FULL: unavailable,
  ER_RECORD_FILE_FULL: unavailable,
  ER_ERROR_ON_WRITE: unavailable,
  ER_UNKNOWN_COM_ERROR: unavailable, // Galera: the member is not synchronised
  ER_CON_COUNT_ERROR: unavailable,
  ER_SERVER_SHUTDOWN: unavailable,
  ER_OPTION_PREVENTS_STATEMENT: unavailable, // read only
  ER_DBACCESS_DENIED_ERROR: unavailable,
  ER_ACCESS_DENIED_ERROR: unavailable,
  ER_BAD_DB_ERROR: unavailable,
  ER_QUERY_INTERRUPTED: unavailable,
  ER_CONNECTION_KILLED: unavailable,
  PROTOCOL_CONNECTION_LOST: unavailable,
  PROTOCOL_SEQUENCE_TIMEOUT: unavailable,
};

export function sqliteFailure(error: unknown): unknown {
  return SQLITE[text(told(error).code)]?.(told(error)) ?? poolFailure(error);
}

export function mysqlFailure(error: unknown): unknown {
  const { code, fatal, syscall } = told(error);
  const translated = MYSQL[text(code)]?.(told(error));
  if (translated !== undefined) return translated;
  return fatal === true || typeof syscall === 'string' ? unavailable(told(error)) : poolFailure(error);
}

/** Nothing free in the pool within its time: the database is slow, or the service is asked for too much. */
function poolFailure(error: unknown): unknown {
  if (told(error).name !== 'KnexTimeoutError') return error;
  return serviceError('ServiceUnavailable', {
    why: 'The database has no free connection for this request. Retry later.',
  });
}

/** In words, what an operator has to mend. */
const CAUSES: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'its disk is full',
  SQLITE_READONLY: 'it is read only',
  ER_DISK_FULL: 'its disk is full',
  ER_RECORD_FILE_FULL: 'its disk or a table is full',
  ER_ERROR_ON_WRITE: 'it cannot write to its disk',
  ER_OPTION_PREVENTS_STATEMENT: 'it is read only',
  ER_ACCESS_DENIED_ERROR: 'it refuses the account',
  ER_CON_COUNT_ERROR: 'it has too many connections',
  ENOTFOUND: 'its host name cannot be resolved',
  EAI_AGAIN: 'its host name cannot be resolved for now',
  ECONNREFUSED: 'nothing listens at its address',
};

/** Says which kind of trouble it is by its code, never by the driver's text, which may name hosts and accounts. */
function unavailable(error: Told): ServiceError {
  const code = text(error.code) || 'connection lost';
  const cause = CAUSES[code] === undefined ? '' : `: ${CAUSES[code]}`;
  const failure = serviceError('ServiceUnavailable', {
    why: `The database is not available (${code}${cause}). Retry later.`,
  });
  failure.cause = error;
  return failure;
}
