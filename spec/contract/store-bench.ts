import { openStore } from '../../db/open-store.ts';
import type { KeyRing } from '../../db/secrets.ts';
import type { Store } from '../../db/store.ts';
import { testKeys } from '../builders/records.ts';

/** An empty database, and a way past the store to its rows. */
export interface TestDatabase extends AsyncDisposable {
  readonly connection: string;
  /** Runs SQL as an operator with a database client would. */
  query(sql: string, bindings?: readonly (string | number | null)[]): Promise<Record<string, unknown>[]>;
}

export interface StoreBench extends AsyncDisposable {
  readonly database: TestDatabase;
  readonly store: Store;
  /** Another store on the same database, as another process would have it. */
  another(keys?: KeyRing): Promise<Store>;
}

/** A store whose schema is made, on a database of its own. */
export async function startStoreBench(newDatabase: () => Promise<TestDatabase>): Promise<StoreBench> {
  const database = await newDatabase();
  const stores: Store[] = [];
  const another = async (keys = testKeys()): Promise<Store> => {
    const store = await openStore({ connection: database.connection, keys });
    stores.push(store);
    return store;
  };
  const store = await another();
  await store.upgrade();
  return {
    database,
    store,
    another,
    async [Symbol.asyncDispose]() {
      for (const one of stores) await one[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
