import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { MIGRATIONS } from '../../db/migrations/all-migrations.ts';
import { openStore } from '../../db/open-store.ts';
import { TABLES } from '../../db/tables.ts';
import { newNode, testKeys } from '../builders/records.ts';
import type { TestDatabase } from './store-bench.ts';

const NAMES = MIGRATIONS.map((migration) => migration.name);

/** Upgrades in a process of its own; resolves with the migrations that it applied. */
async function upgradeElsewhere(connection: string): Promise<string[]> {
  const script = `
    import { openStore } from ${JSON.stringify(import.meta.resolve('../../db/open-store.ts'.replace(/ts$/, EXTENSION)))};
    import { parseKeyRing } from ${JSON.stringify(import.meta.resolve('../../db/secrets.ts'.replace(/ts$/, EXTENSION)))};
    const keys = parseKeyRing(Buffer.alloc(32, 1).toString('base64'));
    const store = await openStore({ connection: process.env.CONNECTION, keys });
    console.log(JSON.stringify(await store.upgrade()));
    await store[Symbol.asyncDispose]();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, CONNECTION: connection },
    timeout: 50_000,
  });
  return JSON.parse(stdout);
}

/** This module runs compiled; the modules beside it do too. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

export function describeStoreSchema(newDatabase: () => Promise<TestDatabase>): void {
  describe('schema', () => {
    it('is made once, and known to be complete', async () => {
      await using database = await newDatabase();
      await using store = await openStore({ connection: database.connection, keys: testKeys() });
      expect(await store.pendingMigrations()).to.deep.equal(NAMES);
      expect(await store.upgrade()).to.deep.equal(NAMES);
      expect(await store.pendingMigrations()).to.deep.equal([]);
      expect(await store.upgrade()).to.deep.equal([]);
      for (const table of TABLES) {
        const [row] = await database.query(`SELECT COUNT(*) AS n FROM ${table.name}`);
        expect(Number(row?.n), table.name).to.equal(0);
        const stored = Object.entries<{ computed?: string }>(table.columns).filter(
          ([, c]) => c.computed === undefined,
        );
        await database.query(`SELECT ${stored.map(([name]) => `\`${name}\``).join(', ')} FROM ${table.name}`);
      }
    });

    it('gives nodes that are there already their servers', async () => {
      await using database = await newDatabase();
      await using store = await openStore({ connection: database.connection, keys: testKeys() });
      await store.upgrade();
      const driver_info = { ipmi_address: '127.0.0.5', ipmi_password: 'secret' };
      const old = await store.nodes.create(
        newNode({ driver_info, provision_state: 'deploy failed', last_error: 'x', maintenance: true }),
      );
      const made = await store.servers.get(old.uuid);
      await database.query('DELETE FROM servers');
      await database.query("DELETE FROM schema_migrations WHERE name = '0006-servers'");
      const newer = await store.nodes.create(newNode());
      const kept = await store.servers.get(newer.uuid);
      expect(await store.upgrade()).to.deep.equal(['0006-servers']);
      // A server made with its node is stamped by a statement of its own; one made later has the node's times.
      const { created_at } = old;
      const times = { created_at, updated_at: created_at, stage_changed_at: created_at };
      const given = { ...(await store.servers.get(old.uuid)), id: 0 };
      expect(given).to.deep.equal({ ...made, ...times, id: 0 });
      expect(await store.servers.get(newer.uuid)).to.deep.equal(kept);
    });

    it('is made by one of several processes that start at once', async () => {
      await using database = await newDatabase();
      const applied = await Promise.all([1, 2, 3].map(() => upgradeElsewhere(database.connection)));
      expect(applied.flat().toSorted()).to.deep.equal(NAMES.toSorted());
      await using store = await openStore({ connection: database.connection, keys: testKeys() });
      expect(await store.pendingMigrations()).to.deep.equal([]);
      expect(await store.nodes.create(newNode())).to.have.property('id', 1);
    });

    it('goes on after an upgrade whose process died', async () => {
      await using database = await newDatabase();
      await using store = await openStore({ connection: database.connection, keys: testKeys() });
      await store.upgrade();
      await database.query('DELETE FROM schema_migrations WHERE name = ?', [NAMES.at(-1) ?? '']);
      await database.query('UPDATE schema_migrations_lock SET is_locked = 1');
      expect(await store.upgrade()).to.deep.equal([NAMES.at(-1)]);
    });

    it('that a newer build has upgraded still serves this one', async () => {
      await using database = await newDatabase();
      await using store = await openStore({ connection: database.connection, keys: testKeys() });
      await store.upgrade();
      await database.query("INSERT INTO schema_migrations (name, batch) VALUES ('9999-from-the-future', 9)");
      expect(await store.upgrade()).to.deep.equal([]);
      expect(await store.pendingMigrations()).to.deep.equal([]);
    });
  });
}
