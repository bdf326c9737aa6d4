import type { ConductorRecord } from '../lifecycle/records.ts';
import { flag, json, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { getBy, list } from './repository.ts';
import { insertText } from './statements.ts';
import type { ConductorRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, reader, UPDATED_AT, written } from './table.ts';

export const CONDUCTORS = defineTable<ConductorRecord>({
  name: 'conductors',
  kind: 'conductor',
  columns: {
    id: ID,
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    hostname: value(),
    conductor_group: value(''),
    online: flag(true),
    heartbeat_at: value(0),
    hardware_types: json('{}'),
  },
  unique: { conductors_hostname: ['hostname'] },
});

export function conductorRepository(db: Executor): ConductorRepository {
  const { now } = db.dialect;
  const seen = `\`heartbeat_at\` = ${now}, \`updated_at\` = ${now}`;
  const get = (hostname: string) => getBy(db, CONDUCTORS, 'hostname', hostname);
  return {
    async register(conductor) {
      const given = { ...conductor, online: true, heartbeat_at: 0 };
      const { columns, bindings } = written(CONDUCTORS, given, '', db.keys);
      const insert = insertText(CONDUCTORS, db.dialect, columns);
      await db.atomic(async (inside) => {
        await inside.run(`${insert} ${db.dialect.upsert('hostname', columns)}`, bindings);
        await inside.run(`UPDATE \`conductors\` SET ${seen} WHERE \`hostname\` = ?`, [conductor.hostname]);
      });
      const registered = await get(conductor.hostname);
      if (registered === null)
        throw new Error(`The row of conductor ${conductor.hostname} was deleted meanwhile.`);
      return registered;
    },
    async heartbeat(hostname) {
      const text = `UPDATE \`conductors\` SET ${seen}, \`online\` = 1 WHERE \`hostname\` = ?`;
      return (await db.run(text, [hostname])).changes > 0;
    },
    async setOffline(hostname) {
      const text = `UPDATE \`conductors\` SET \`online\` = 0, \`updated_at\` = ${now} WHERE \`hostname\` = ?`;
      await db.run(text, [hostname]);
    },
    get,
    list: (options) => list(db, CONDUCTORS, options),
    async listAlive(timeout_ms) {
      const text =
        `${CONDUCTORS.select} ` + `WHERE \`online\` = 1 AND \`heartbeat_at\` > ${now} - ? ORDER BY \`id\``;
      return (await db.rows(text, [timeout_ms])).map(reader(CONDUCTORS, CONDUCTORS.fields, db.keys));
    },
  };
}
