import type { Knex } from 'knex';
import type { Engine } from './engine.ts';
import { retried } from './engine.ts';
import { MIGRATIONS } from './migrations/all-migrations.ts';
import { type Migration, schemaEditor } from './migrations/migration.ts';

const TABLE = 'schema_migrations';

/** Some minutes of SQLite's and the engine's pauses: the process that upgrades may have much to do. */
const ATTEMPTS = 500;

/** Makes or upgrades the schema; resolves with the names of the migrations applied. Of two at once, one waits. */
export function upgradeSchema(engine: Engine): Promise<string[]> {
  const work = () =>
    engine.schema.lock(async (locked) => {
      const config = migratorConfig(engine.schema.collation);
      // The lock outside is held by a living process only; knex's own row may have been left by one that died.
      if (await locked.schema.hasTable(`${TABLE}_lock`)) await locked.migrate.forceFreeMigrationsLock(config);
      const [, applied] = (await locked.migrate.latest(config)) as [number, string[]];
      return applied;
    });
  return retried(engine.dialect, work, ATTEMPTS);
}

/** Names of the migrations of this build that the database lacks. */
export async function pendingMigrations(engine: Engine): Promise<string[]> {
  const names = MIGRATIONS.map((migration) => migration.name);
  try {
    if (!(await engine.knex.schema.hasTable(TABLE))) return names;
    const applied: string[] = await engine.knex(TABLE).pluck('name');
    return names.filter((name) => !applied.includes(name));
  } catch (error) {
    throw engine.dialect.failure(error);
  }
}

/** The migrations are modules of the program: knex is given them as values and scans no folder. */
function migratorConfig(collation: string | null): Knex.MigratorConfig {
  const source: Knex.MigrationSource<Migration> = {
    getMigrations: async () => [...MIGRATIONS],
    getMigrationName: (migration) => migration.name,
    getMigration: async (migration) => ({
      up: (knex) => migration.up(schemaEditor(knex, collation)),
      down: () => Promise.reject(new Error('The schema only moves forward: restore a backup.')),
    }),
  };
  return {
    tableName: TABLE,
    migrationSource: source,
    // A database that a newer build has upgraded still serves this one.
    disableMigrationsListValidation: true,
  };
}
