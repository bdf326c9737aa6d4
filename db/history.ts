import type { HistoryRecord } from '../lifecycle/records.ts';
import { uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { explained, getBy, list } from './repository.ts';
import { insertText, placeholders } from './statements.ts';
import type { HistoryRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT, withInitial, written } from './table.ts';

export const HISTORY = defineTable<HistoryRecord>({
  name: 'node_history',
  kind: 'history entry',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    node_uuid: value(),
    severity: value('INFO'),
    event: value(),
    event_type: value(null),
    conductor: value(null),
    user: value(null),
    project: value(null),
    state: value(null),
    target_provision_state: value(null),
    duration_seconds: value(null),
  },
  unique: { node_history_uuid: ['uuid'] },
});

export function historyRepository(db: Executor): HistoryRepository {
  return {
    async add(entry) {
      const record = withInitial(HISTORY, entry);
      const { columns, bindings } = written(HISTORY, record, String(record.uuid), db.keys);
      await explained(HISTORY, record, () => db.run(insertText(HISTORY, db.dialect, columns), bindings));
    },
    get: (wanted) => getBy(db, HISTORY, 'uuid', wanted),
    list: (node_uuid, options = {}) =>
      list(db, HISTORY, options, [{ text: '`node_uuid` = ?', bindings: [node_uuid] }]),
    async trim(keep, batch) {
      const ranked =
        'SELECT `id`, ROW_NUMBER() OVER (PARTITION BY `node_uuid` ORDER BY `id` DESC) AS `rank_` FROM `node_history` ' +
        'WHERE `node_uuid` IN (SELECT `node_uuid` FROM `node_history` GROUP BY `node_uuid` HAVING COUNT(*) > ?)';
      const text = `SELECT \`id\` FROM (${ranked}) AS \`ranked\` WHERE \`rank_\` > ? ORDER BY \`id\` LIMIT ${Math.trunc(batch)}`;
      const ids = (await db.rows(text, [keep, keep])).map(([id]) => id ?? null);
      if (ids.length === 0) return 0;
      const { changes } = await db.run(
        `DELETE FROM \`node_history\` WHERE \`id\` IN (${placeholders(ids.length)})`,
        ids,
      );
      return changes;
    },
  };
}
