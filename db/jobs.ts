import type { JobRecord } from '../lifecycle/job.ts';
import { flag, json, nullable, secretJson, uuid, value } from './columns.ts';
import type { Executor, SqlValue } from './executor.ts';
import { claimJobs } from './job-claims.ts';
import { journal } from './job-journal.ts';
import { explained, getBy, list } from './repository.ts';
import { placeholders } from './statements.ts';
import type { Claim, JobRepository } from './store.ts';
import { defineTable, quoted, withInitial, written } from './table.ts';

export const JOBS = defineTable<JobRecord>({
  name: 'jobs',
  kind: 'job',
  columns: {
    id: value(),
    uuid: uuid(),
    kind: value(),
    node_uuid: value(null),
    conductor_group: value(''),
    state: value('queued'),
    exclusive: flag(false),
    args: secretJson('{}'),
    steps: nullable(secretJson('[]')),
    step_index: value(0),
    step_data: secretJson('{}'),
    claimed_by: value(null),
    fencing_token: value(0),
    lease_expires_at: value(null),
    run_at: value(),
    wait_for: value(null),
    deadline_at: value(null),
    abort_after: flag(false),
    result: secretJson('null'),
    error: nullable(json('{}')),
    request_id: value(null),
    user: value(null),
    project: value(null),
    created_at: value(),
    started_at: value(null),
    finished_at: value(null),
  },
  unique: { jobs_uuid: ['uuid'] },
});

/** States that a job does not leave. */
const ENDED: readonly JobRecord['state'][] = ['done', 'failed', 'cancelled'];

/** The WHERE of every write of a worker: the claim it holds, and nobody has taken over since. */
const HELD = "`id` = ? AND `fencing_token` = ? AND `claimed_by` = ? AND `state` = 'running'";

const held = (claim: Claim): SqlValue[] => [claim.job_id, claim.fencing_token, claim.claimed_by];

export function jobRepository(db: Executor): JobRepository {
  const { now } = db.dialect;
  const get = (id: number) => getBy(db, JOBS, 'id', id);
  return {
    get,
    getByUuid: (wanted) => getBy(db, JOBS, 'uuid', wanted),
    list: (options) => list(db, JOBS, options),
    claim: (options) => claimJobs(db, JOBS, options),
    ...journal(db),

    async insert(job) {
      const { run_at, ...given } = withInitial(JOBS, { run_at: 0, ...job });
      const { columns, bindings } = written(JOBS, given, String(given.uuid), db.keys);
      const due = job.run_at === undefined ? now : '?';
      if (job.run_at !== undefined) bindings.push(job.run_at);
      const text =
        `INSERT INTO \`jobs\` (${[...columns, 'run_at', 'created_at'].map(quoted).join(', ')}) ` +
        `VALUES (${placeholders(columns.length)}, ${due}, ${now})`;
      return explained(JOBS, given, async () => {
        if (db.dialect.insert_returning) {
          const [row] = await db.rows(`${text} RETURNING \`id\`, \`run_at\`, \`created_at\``, bindings, true);
          return { ...given, id: row?.[0], run_at: row?.[1], created_at: row?.[2] } as unknown as JobRecord;
        }
        const inserted = await get((await db.run(text, bindings)).insert_id);
        if (inserted === null) throw new Error('The job just inserted was deleted with its node.');
        return inserted;
      });
    },

    async renew(claims, lease_ms) {
      if (claims.length === 0) return [];
      const any = claims.map(() => `(${HELD})`).join(' OR ');
      const tokens = claims.flatMap(held);
      const text = `UPDATE \`jobs\` SET \`lease_expires_at\` = ${now} + ? WHERE ${any}`;
      const { changes } = await db.run(text, [lease_ms, ...tokens]);
      if (changes === claims.length) return claims.map((claim) => claim.job_id);
      return (await db.rows(`SELECT \`id\` FROM \`jobs\` WHERE ${any}`, tokens)).map(([id]) => Number(id));
    },

    async update(claim, { run_after_ms, wait_within_ms, ...changes }) {
      const job_uuid = needsUuid(changes) ? (claim.job_uuid ?? (await uuidOf(db, claim.job_id))) : '';
      if (job_uuid === null) return false;
      const { columns, bindings } = written(JOBS, changes, job_uuid, db.keys);
      const set = columns.map((column) => `${quoted(column)} = ?`);
      if (run_after_ms !== undefined) {
        set.push(`\`run_at\` = ${now} + ?`);
        bindings.push(run_after_ms);
      }
      if (wait_within_ms !== undefined) {
        set.push(`\`deadline_at\` = ${now} + ?`);
        bindings.push(wait_within_ms);
      }
      // A wait without a limit must not end by the deadline of an earlier one.
      if (changes.state === 'waiting' && wait_within_ms === undefined && changes.deadline_at === undefined)
        set.push('`deadline_at` = NULL');
      set.push(...consequences(changes.state, now));
      if (set.length === 0) set.push('`state` = `state`');
      const text = `UPDATE \`jobs\` SET ${set.join(', ')} WHERE ${HELD}`;
      return (await db.run(text, [...bindings, ...held(claim)])).changes > 0;
    },

    async wake(node_uuid, reasons) {
      const known = reasons.filter((reason) => reason !== null);
      if (known.length === 0) return null;
      const waits = `\`state\` = 'waiting' AND \`wait_for\` IN (${placeholders(known.length)})`;
      const find = `SELECT \`id\` FROM \`jobs\` WHERE \`node_uuid\` = ? AND ${waits} ORDER BY \`id\` LIMIT 1`;
      const [found] = await db.rows(find, [node_uuid, ...known]);
      const id = found?.[0];
      if (id === undefined || id === null) return null;
      const text =
        `UPDATE \`jobs\` SET \`state\` = 'queued', \`run_at\` = ${now}, \`deadline_at\` = NULL ` +
        `WHERE \`id\` = ? AND ${waits}`;
      return (await db.run(text, [id, ...known])).changes > 0 ? Number(id) : null;
    },

    async cancelIdle(node_uuid, why) {
      const idle = "`state` IN ('queued', 'waiting')";
      const rows = await db.rows(
        `SELECT \`id\` FROM \`jobs\` WHERE \`node_uuid\` = ? AND ${idle} ORDER BY \`id\``,
        [node_uuid],
      );
      const error = cancelled(why);
      const ended: number[] = [];
      for (const [id = null] of rows) {
        const text =
          `UPDATE \`jobs\` SET \`state\` = 'cancelled', \`error\` = ?, \`finished_at\` = ${now}, ` +
          `\`wait_for\` = NULL WHERE \`id\` = ? AND ${idle}`;
        if ((await db.run(text, [error, id])).changes > 0) ended.push(Number(id));
      }
      return ended;
    },

    async revoke(id, fencing_token, why) {
      const text =
        "UPDATE `jobs` SET `state` = 'cancelled', `fencing_token` = `fencing_token` + 1, `error` = ?, " +
        `\`finished_at\` = ${now}, \`wait_for\` = NULL ` +
        "WHERE `id` = ? AND `fencing_token` = ? AND `state` IN ('queued', 'running', 'waiting')";
      return (await db.run(text, [cancelled(why), id, fencing_token])).changes > 0;
    },

    async left({ job_id, claimed_by, fencing_token }) {
      const text =
        "UPDATE `jobs` SET `lease_expires_at` = NULL WHERE `id` = ? AND `fencing_token` = ? AND `claimed_by` = ? AND `state` = 'cancelled'";
      await db.run(text, [job_id, fencing_token + 1, claimed_by]);
    },

    async requestAbort(id) {
      const text = "UPDATE `jobs` SET `abort_after` = 1 WHERE `id` = ? AND `state` IN ('waiting', 'running')";
      return (await db.run(text, [id])).changes > 0;
    },

    async trim({ older_than_ms, batch, kinds }) {
      const of_kinds = kinds === undefined ? '' : ` AND \`kind\` IN (${placeholders(kinds.length)})`;
      const find =
        `SELECT \`id\` FROM \`jobs\` WHERE \`finished_at\` <= ${now} - ?${of_kinds} ` +
        `ORDER BY \`id\` LIMIT ${Math.max(0, Math.trunc(batch))}`;
      const ids = (await db.rows(find, [older_than_ms, ...(kinds ?? [])])).map(([id]) => id ?? null);
      if (ids.length === 0) return 0;
      const text = `DELETE FROM \`jobs\` WHERE \`id\` IN (${placeholders(ids.length)})`;
      return (await db.run(text, ids)).changes;
    },

    async backlog() {
      const text =
        `SELECT \`kind\`, \`state\`, COUNT(*), ${now} - MIN(CASE \`state\` WHEN 'queued' THEN \`run_at\` ELSE \`created_at\` END) ` +
        "FROM `jobs` WHERE `state` IN ('queued', 'running', 'waiting') GROUP BY `kind`, `state`";
      return (await db.rows(text, [])).map(([kind, state, count, oldest]) => ({
        kind: kind as JobRecord['kind'],
        state: state as JobRecord['state'],
        count: Number(count),
        oldest_ms: Math.max(0, Number(oldest)),
      }));
    },

    async nextDue(conductor_group) {
      const text = `SELECT MIN(\`due_at\`) - ${now} FROM \`jobs\` WHERE \`conductor_group\` = ?`;
      const [row] = await db.rows(text, [conductor_group]);
      const left = row?.[0] ?? null;
      return left === null ? null : Math.max(0, Number(left));
    },
  };
}

/** The error of a job that somebody else ended. */
const cancelled = (why: string): string => JSON.stringify({ code: 'Cancelled', message: why, status: 409 });

/** What a change of state brings with it: who holds the job, and when it ended. */
function consequences(state: JobRecord['state'] | undefined, now: string): string[] {
  if (state === undefined || state === 'running') return [];
  if (ENDED.includes(state)) return ['`lease_expires_at` = NULL', `\`finished_at\` = ${now}`];
  return ['`lease_expires_at` = NULL', '`claimed_by` = NULL'];
}

/** Whether a column whose ciphertext is bound to the job's uuid is written. */
const needsUuid = (changes: object): boolean =>
  Object.keys(changes).some((field) => JOBS.columns[field as keyof JobRecord].sealed);

async function uuidOf(db: Executor, id: number): Promise<string | null> {
  const [row] = await db.rows('SELECT `uuid` FROM `jobs` WHERE `id` = ?', [id], true);
  return row === undefined ? null : String(row[0]);
}
