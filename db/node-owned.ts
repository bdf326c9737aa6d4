import type { Stored } from '../lifecycle/records.ts';
import type { Executor } from './executor.ts';
import { ownedWithin } from './node-scope.ts';
import { list, repository } from './repository.ts';
import type { NodeOwned } from './store.ts';
import type { Table } from './table.ts';

/** Makes the repository of a table whose records belong to a node. */
export function nodeOwned<R extends Stored & { uuid: string; node_uuid: string }>(
  table: Table<R>,
): (db: Executor) => NodeOwned<R> {
  return (db) => ({
    ...repository(db, table),
    list: (options = {}) => list(db, table, options, ownedWithin(options.node)),
  });
}
