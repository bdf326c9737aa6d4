import type { Executor } from './executor.ts';
import { NOTICES } from './registration-tables.ts';
import { repository } from './repository.ts';
import { placeholders } from './statements.ts';
import type { NoticeRepository } from './store.ts';

export function noticeRepository(db: Executor): NoticeRepository {
  return {
    ...repository(db, NOTICES),
    async trim(older_than_ms, batch) {
      const find = `SELECT \`id\` FROM \`notices\` WHERE \`state\` IN ('sent', 'dead', 'dropped') AND \`next_at\` <= ${db.dialect.now} - ? LIMIT ${Math.trunc(batch)}`;
      const ids = (await db.rows(find, [older_than_ms])).map(([id]) => id ?? null);
      if (ids.length === 0) return 0;
      const text = `DELETE FROM \`notices\` WHERE \`id\` IN (${placeholders(ids.length)})`;
      return (await db.run(text, ids)).changes;
    },
  };
}
