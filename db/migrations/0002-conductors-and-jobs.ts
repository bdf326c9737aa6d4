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

/** Conductors, jobs and the journal of their steps. */
export const conductorsAndJobs: Migration = {
  name: '0002-conductors-and-jobs',
  async up({ createTable }) {
    await createTable('conductors', (table) => {
      stored(table);
      table.string('hostname', 255).notNullable().unique({ indexName: 'conductors_hostname' });
      texts(table, 'conductor_group');
      flags(table, 'online');
      table.bigInteger('heartbeat_at').notNullable();
      longTexts(table, 'hardware_types');
    });

    await createTable('jobs', (table) => {
      table.bigIncrements('id');
      table.bigInteger('created_at').notNullable();
      identified(table, 'jobs');
      texts(table, 'kind', 'conductor_group', 'state');
      table
        .string('node_uuid', 36)
        .nullable()
        .references('uuid')
        .inTable('nodes')
        .onDelete('CASCADE')
        .withKeyName('jobs_node_fk');
      flags(table, 'exclusive', 'abort_after');
      longTexts(table, 'args', 'step_data', 'result');
      optionalLongTexts(table, 'steps', 'error');
      table.integer('step_index').notNullable();
      table.bigInteger('fencing_token').notNullable();
      table.bigInteger('run_at').notNullable();
      optionalNumbers(table, 'lease_expires_at', 'deadline_at', 'started_at', 'finished_at');
      optionalTexts(table, 'claimed_by', 'wait_for', 'request_id', 'user', 'project');
      // The last claim: its own name, and the state that it found.
      optionalTexts(table, 'claim_id', 'claimed_from');
      // When a conductor has to look at the job: the one thing that the claim searches for, so it has the index.
      table.specificType(
        'due_at',
        "BIGINT GENERATED ALWAYS AS (CASE `state` WHEN 'queued' THEN `run_at` WHEN 'running' THEN `lease_expires_at` " +
          "WHEN 'waiting' THEN `deadline_at` END) STORED",
      );
      table.index(['conductor_group', 'due_at'], 'jobs_due_index');
      table.index(['node_uuid', 'state'], 'jobs_node_index');
      indexes(table, 'jobs', 'state');
    });

    await createTable('job_steps', (table) => {
      table.bigIncrements('id');
      table
        .bigInteger('job_id')
        .unsigned()
        .notNullable()
        .references('id')
        .inTable('jobs')
        .onDelete('CASCADE')
        .withKeyName('job_steps_job_fk');
      table.integer('step_index').notNullable();
      texts(table, 'interface', 'step', 'conductor');
      table.bigInteger('fencing_token').notNullable();
      table.bigInteger('started_at').notNullable();
      optionalNumbers(table, 'ended_at');
      optionalTexts(table, 'outcome');
      optionalLongTexts(table, 'detail');
      indexes(table, 'job_steps', 'job_id');
    });
  },
};
