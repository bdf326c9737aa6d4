import type { Executor } from './executor.ts';
import { CABLES } from './registration-tables.ts';
import { repository } from './repository.ts';
import type { CableRepository } from './store.ts';

export function cableRepository(db: Executor): CableRepository {
  return {
    ...repository(db, CABLES),
    async switches() {
      const rows = await db.rows('SELECT DISTINCT `switch_name` FROM `cables`', []);
      return new Set(rows.map(([name]) => String(name)));
    },
  };
}
