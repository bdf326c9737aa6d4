import { randomUUID } from 'node:crypto';
import type { JobRecord } from '../lifecycle/job.ts';
import type { Executor, SqlValue } from './executor.ts';
import { placeholders } from './statements.ts';
import type { ClaimedJob, JobRepository } from './store.ts';
import { reader, selection, type Table } from './table.ts';

/** How a job became due, by the state that the claim found it in. */
const DUE: Readonly<Record<string, ClaimedJob['due']>> = {
  queued: 'queued',
  running: 'lease-ended',
  waiting: 'deadline',
};

/**
 * Takes due jobs by a conditional UPDATE, which writes the claim's own name into the rows that it won; rows that others
 * won meanwhile are no longer due and stay as they are. Only rows that may be won are locked, in order of their key.
 */
export async function claimJobs(
  db: Executor,
  table: Table<JobRecord>,
  options: Parameters<JobRepository['claim']>[0],
): Promise<ClaimedJob[]> {
  const { now } = db.dialect;
  const ids =
    options.id === undefined ? await dueJobs(db, options.conductor_group, options.limit) : [options.id];
  if (ids.length === 0) return [];
  const claim_id = randomUUID();
  const among = `\`id\` IN (${placeholders(ids.length)})`;
  // MariaDB assigns from left to right: claimed_from and started_at come before what they are made from changes.
  const text =
    "UPDATE `jobs` SET `claimed_from` = `state`, `claim_id` = ?, `state` = 'running', `claimed_by` = ?, " +
    `\`fencing_token\` = \`fencing_token\` + 1, \`started_at\` = COALESCE(\`started_at\`, ${now}), ` +
    `\`lease_expires_at\` = ${now} + ? WHERE ${among} AND \`conductor_group\` = ? AND \`due_at\` <= ${now}`;
  const { claimed_by, lease_ms, conductor_group } = options;
  const fields = table.fields;
  const won =
    `SELECT ${selection(table, fields)}, \`claimed_from\` FROM \`jobs\` ` +
    `WHERE ${among} AND \`claim_id\` = ? ORDER BY \`id\``;
  const [, rows] = await db.writeAndRead(
    { text, bindings: [claim_id, claimed_by, lease_ms, ...ids, conductor_group] },
    { text: won, bindings: [...ids, claim_id] },
  );
  const read = reader(table, fields, db.keys);
  return rows.map((row) => ({ job: read(row), due: DUE[String(row[fields.length])] ?? 'queued' }));
}

async function dueJobs(db: Executor, conductor_group: string, limit: number): Promise<SqlValue[]> {
  const text =
    `SELECT \`id\` FROM \`jobs\` WHERE \`conductor_group\` = ? AND \`due_at\` <= ${db.dialect.now} ` +
    `ORDER BY \`due_at\`, \`id\` LIMIT ${Math.max(0, Math.trunc(limit))}`;
  return (await db.rows(text, [conductor_group])).map(([id]) => id ?? null);
}
