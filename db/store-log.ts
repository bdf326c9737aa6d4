import type { Knex } from 'knex';

/** The part of a logger that the store needs. */
export interface StoreLog {
  warn(fields: object, message: string): void;
}

/** What knex has to say (connections that broke, deprecations), as log lines; without a log nothing is said. */
export function knexLog(log: StoreLog | undefined): NonNullable<Knex.Config['log']> {
  const told = (message: unknown) => log?.warn({ source: 'knex' }, String(message));
  return { warn: told, error: told, deprecate: told, debug: () => {} };
}
