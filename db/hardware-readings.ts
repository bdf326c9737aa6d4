import type { HardwareReadingRecord } from '../lifecycle/hardware-reading.ts';
import { json, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { explained, getBy, list } from './repository.ts';
import { type Condition, insertText } from './statements.ts';
import type { HardwareReadingRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT, written } from './table.ts';

export const HARDWARE_READINGS = defineTable<HardwareReadingRecord>({
  name: 'hardware_readings',
  kind: 'reading of the hardware',
  columns: {
    id: ID,
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    node_uuid: value(),
    bios_read_at: value(null),
    firmware_read_at: value(null),
    bios_pending: json('{}'),
  },
  unique: { hardware_readings_node_uuid: ['node_uuid'] },
});

export function hardwareReadingRepository(db: Executor): HardwareReadingRepository {
  return {
    get: (node_uuid) => getBy(db, HARDWARE_READINGS, 'node_uuid', node_uuid),
    waiting: (options) => list(db, HARDWARE_READINGS, options, [SOMETHING_WAITS]),
    async put(node_uuid, changes) {
      const given = { bios_pending: {}, ...changes, node_uuid };
      const { columns, bindings } = written(HARDWARE_READINGS, given, '', db.keys);
      const changed = db.dialect.upsert('node_uuid', Object.keys(changes));
      const text = `${insertText(HARDWARE_READINGS, db.dialect, columns)} ${changed}, \`updated_at\` = ${db.dialect.now}`;
      await explained(HARDWARE_READINGS, given, () => db.run(text, bindings));
    },
  };
}

const SOMETHING_WAITS: Condition = { text: "`bios_pending` <> '{}'", bindings: [] };
