import {
  ACTIVE_RUNS,
  type ScheduleLimits,
  type ScheduleRecord,
  type ScheduleRunRecord,
} from '../lifecycle/schedules.ts';
import { flag, json, nullable, secretJson, uuid, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { list, repository } from './repository.ts';
import { placeholders } from './statements.ts';
import type { ScheduleRepository, ScheduleRunRepository } from './store.ts';
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

export function scheduleRepository(db: Executor): ScheduleRepository {
  return {
    ...repository(db, SCHEDULES),
    activeOf: (server_uuid) =>
      list(db, SCHEDULES, { where: { state: 'active' } }, [
        { text: '`servers` LIKE ?', bindings: [`%"${server_uuid}"%`] },
      ]),
  };
}

export function scheduleRunRepository(db: Executor): ScheduleRunRepository {
  return {
    ...repository(db, SCHEDULE_RUNS),
    async claim(run, limits) {
      // In one order, or two of them would wait for each other.
      for (const { column, key } of counted(run, limits)) await lock(db, `${column}:${key}`);
      if (!(await hasRoom(db, run, limits))) return false;
      const { now } = db.dialect;
      const text = `UPDATE \`schedule_runs\` SET \`state\` = 'claimed', \`claimed_at\` = ${now}, \`updated_at\` = ${now} WHERE \`uuid\` = ? AND \`state\` = 'waiting' AND \`window_end\` > ${now}`;
      return (await db.run(text, [run.uuid])).changes > 0;
    },
    hasRoom: (run, limits) => hasRoom(db, run, limits),
    async trim(older_than_ms, batch) {
      const find = `SELECT \`id\` FROM \`schedule_runs\` WHERE \`finished_at\` <= ${db.dialect.now} - ? LIMIT ${Math.trunc(batch)}`;
      const ids = (await db.rows(find, [older_than_ms])).map(([id]) => id ?? null);
      if (ids.length === 0) return 0;
      const text = `DELETE FROM \`schedule_runs\` WHERE \`id\` IN (${placeholders(ids.length)})`;
      return (await db.run(text, ids)).changes;
    },
  };
}

type Counted = Pick<ScheduleRunRecord, 'schedule_uuid' | 'rack' | 'project'>;

/** The columns whose runs are counted, with what they have to be, and how many there may be. */
function counted(
  { schedule_uuid, rack, project }: Counted,
  { at_once, per_rack, per_project }: ScheduleLimits,
): { column: string; key: string; most: number }[] {
  return [
    { column: 'schedule_uuid', key: schedule_uuid, most: at_once },
    { column: 'project', key: project, most: per_project },
    { column: 'rack', key: rack, most: per_rack },
  ].flatMap(({ column, key, most }) => (key === null || most === null ? [] : [{ column, key, most }]));
}

async function hasRoom(db: Executor, run: Counted, limits: ScheduleLimits): Promise<boolean> {
  const active = [...ACTIVE_RUNS];
  for (const { column, key, most } of counted(run, limits)) {
    const text = `SELECT COUNT(*) FROM \`schedule_runs\` WHERE \`${column}\` = ? AND \`state\` IN (${placeholders(active.length)})`;
    const [row] = await db.rows(text, [key, ...active]);
    if (Number(row?.[0] ?? 0) >= most) return false;
  }
  return true;
}

/** Keeps others from doing the same until the transaction ends. */
async function lock(db: Executor, name: string): Promise<void> {
  const { now, upsert } = db.dialect;
  await db.run(
    `INSERT INTO \`schedule_locks\` (\`name\`, \`locked_at\`) VALUES (?, ${now}) ${upsert('name', ['locked_at'])}`,
    [name],
  );
}
