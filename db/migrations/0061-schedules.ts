import {
  flags,
  identified,
  indexes,
  longTexts,
  type Migration,
  optionalLongTexts,
  optionalNumbers,
  optionalTexts,
  stored,
  texts,
} from './migration.ts';

/** Work on servers at a time: what, when, one run for each server and window, and what keeps the limits. */
export const schedules: Migration = {
  name: '0061-schedules',
  async up({ createTable }) {
    await createTable('schedules', (table) => {
      stored(table);
      identified(table, 'schedules');
      texts(table, 'side', 'what', 'time_zone', 'state');
      optionalTexts(table, 'name', 'project', 'user', 'request_id', 'cron');
      longTexts(table, 'work', 'servers', 'limits');
      optionalLongTexts(table, 'os_off');
      table.integer('window_s').notNullable();
      optionalNumbers(table, 'start_at', 'next_at', 'cancelled_at');
      indexes(table, 'schedules', 'project', 'state');
    });
    await createTable('schedule_runs', (table) => {
      stored(table);
      identified(table, 'schedule_runs');
      table
        .string('schedule_uuid', 36)
        .notNullable()
        .references('uuid')
        .inTable('schedules')
        .onDelete('CASCADE')
        .withKeyName('schedule_runs_schedule_fk');
      table.string('server_uuid', 36).notNullable();
      table.bigInteger('window_start').notNullable();
      table.bigInteger('window_end').notNullable();
      texts(table, 'state');
      optionalTexts(table, 'rack', 'project', 'how');
      optionalNumbers(table, 'claimed_at', 'started_at', 'finished_at', 'job_id');
      flags(table, 'was_on', 'entered');
      optionalLongTexts(table, 'last_error');
      table.unique(['schedule_uuid', 'server_uuid', 'window_start'], { indexName: 'schedule_runs_once' });
      table.index(['rack', 'state'], 'schedule_runs_rack_index');
      table.index(['project', 'state'], 'schedule_runs_project_index');
      indexes(table, 'schedule_runs', 'server_uuid', 'finished_at');
    });
    await createTable('schedule_locks', (table) => {
      table.string('name', 255).notNullable().primary();
      table.bigInteger('locked_at').notNullable();
    });
  },
};
