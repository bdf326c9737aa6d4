import type { JournalEntry } from '../lifecycle/job.ts';
import { json, nullable, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { placeholders } from './statements.ts';
import type { JobRepository } from './store.ts';
import { defineTable, quoted, reader, written } from './table.ts';

export const JOB_STEPS = defineTable<JournalEntry>({
  name: 'job_steps',
  kind: 'job step',
  columns: {
    id: value(),
    job_id: value(),
    step_index: value(),
    interface: value(),
    step: value(),
    fencing_token: value(),
    conductor: value(),
    started_at: value(),
    ended_at: value(null),
    outcome: value(null),
    detail: value(null),
    commands: nullable(json('[]')),
  },
  unique: {},
});

/** The journal of jobs: one row per run of a step. */
export function journal(db: Executor): Pick<JobRepository, 'startStep' | 'endStep' | 'journal' | 'journals'> {
  const { now } = db.dialect;
  return {
    async startStep(entry) {
      const { columns, bindings } = written(JOB_STEPS, entry, '', db.keys);
      const names = [...columns, 'started_at'].map(quoted).join(', ');
      const text = `INSERT INTO \`job_steps\` (${names}) VALUES (${placeholders(columns.length)}, ${now})`;
      return (await db.run(text, bindings)).insert_id;
    },
    async endStep(id, outcome, detail, commands = null) {
      const text =
        `UPDATE \`job_steps\` SET \`ended_at\` = ${now}, \`outcome\` = ?, \`detail\` = ?, \`commands\` = ? ` +
        'WHERE `id` = ?';
      await db.run(text, [outcome, detail, commands && JSON.stringify(commands), id]);
    },
    async journals(job_ids) {
      if (job_ids.length === 0) return [];
      const text = `${JOB_STEPS.select} WHERE \`job_id\` IN (${placeholders(job_ids.length)}) ORDER BY \`id\``;
      return (await db.rows(text, [...job_ids])).map(reader(JOB_STEPS, JOB_STEPS.fields, db.keys));
    },
    async journal(job_id) {
      const text = `${JOB_STEPS.select} WHERE \`job_id\` = ? ORDER BY \`id\``;
      return (await db.rows(text, [job_id])).map(reader(JOB_STEPS, JOB_STEPS.fields, db.keys));
    },
  };
}
