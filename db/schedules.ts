import { ACTIVE_RUNS, type ScheduleRecord, type ScheduleRunRecord } from '../lifecycle/schedules.ts';
import { flag, json, nullable, secretJson, uuid, value } from './columns.ts';
import type { Executor, SqlValue } from './executor.ts';
import { repository } from './repository.ts';
import { placeholders } from './statements.ts';
import type { Repository, ScheduleRunRepository } from './store.ts';
import { CREATED_AT, defineTable, ID, UPDATED_AT } from './table.ts';

export const SCHEDULES = defineTable<ScheduleRecord>({
  name: 'schedules',
  kind: 'schedule',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    name: value(null),
    project: value(null),
    user: value(null),
    request_id: value(null),
    side: value(),
    what: value(),
    work: secretJson('{}'),
    servers: json('[]'),
    cron: value(null),
    time_zone: value('UTC'),
    start_at: value(null),
    window_s: value(),
    os_off: nullable(json('{}')),
    limits: json('{}'),
    state: value('active'),
    next_at: value(null),
    cancelled_at: value(null),
  },
  unique: { schedules_uuid: ['uuid'] },
});

export const SCHEDULE_RUNS = defineTable<ScheduleRunRecord>({
  name: 'schedule_runs',
  kind: 'run of a schedule',
  columns: {
    id: ID,
    uuid: uuid(),
    created_at: CREATED_AT,
    updated_at: UPDATED_AT,
    schedule_uuid: value(),
    server_uuid: value(),
    window_start: value(),
    window_end: value(),
    rack: value(null),
    project: value(null),
    state: value('waiting'),
    claimed_at: value(null),
    started_at: value(null),
    finished_at: value(null),
    job_id: value(null),
    how: value(null),
    was_on: flag(false),
    entered: flag(false),
    last_error: value(null),
  },
  unique: {
    schedule_runs_uuid: ['uuid'],
    schedule_runs_once: ['schedule_uuid', 'server_uuid', 'window_start'],
  },
});

export const scheduleRepository = (db: Executor): Repository<ScheduleRecord> => repository(db, SCHEDULES);

export function scheduleRunRepository(db: Executor): ScheduleRunRepository {
  const active = [...ACTIVE_RUNS];
  return {
    ...repository(db, SCHEDULE_RUNS),
    async claim({ uuid: run, schedule_uuid, rack, project }, limits) {
      const counted = [
        { column: 'schedule_uuid', key: schedule_uuid, most: limits.at_once },
        { column: 'project', key: project, most: limits.per_project },
        { column: 'rack', key: rack, most: limits.per_rack },
      ].filter(({ key, most }) => key !== null && most !== null);
      // In one order, or two of them would wait for each other.
      for (const { column, key } of counted) await lock(db, `${column}:${key}`);
      for (const { column, key, most } of counted) {
        const text = `SELECT COUNT(*) FROM \`schedule_runs\` WHERE \`${column}\` = ? AND \`state\` IN (${placeholders(active.length)})`;
        const [row] = await db.rows(text, [key as SqlValue, ...active]);
        if (Number(row?.[0] ?? 0) >= Number(most)) return false;
      }
      const { now } = db.dialect;
      const text = `UPDATE \`schedule_runs\` SET \`state\` = 'claimed', \`claimed_at\` = ${now}, \`updated_at\` = ${now} WHERE \`uuid\` = ? AND \`state\` = 'waiting' AND \`window_end\` > ${now}`;
      return (await db.run(text, [run])).changes > 0;
    },
    async trim(older_than_ms, batch) {
      const find = `SELECT \`id\` FROM \`schedule_runs\` WHERE \`finished_at\` <= ${db.dialect.now} - ? LIMIT ${Math.trunc(batch)}`;
      const ids = (await db.rows(find, [older_than_ms])).map(([id]) => id ?? null);
      if (ids.length === 0) return 0;
      const text = `DELETE FROM \`schedule_runs\` WHERE \`id\` IN (${placeholders(ids.length)})`;
      return (await db.run(text, ids)).changes;
    },
  };
}

/** Keeps others from doing the same until the transaction ends. */
async function lock(db: Executor, name: string): Promise<void> {
  const { now, upsert } = db.dialect;
  await db.run(
    `INSERT INTO \`schedule_locks\` (\`name\`, \`locked_at\`) VALUES (?, ${now}) ${upsert('name', ['locked_at'])}`,
    [name],
  );
}
