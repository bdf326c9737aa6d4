import type { AuditEntry, AuditHead, NewAuditEntry } from '../lifecycle/audit.ts';
import type { EpochMs } from '../lifecycle/records.ts';
import { checkChain, EMPTY_CHAIN, hashOf } from './audit-chain.ts';
import { json, value } from './columns.ts';
import type { Executor } from './executor.ts';
import { insertText, placeholders } from './statements.ts';
import type { AuditFilter, AuditRepository } from './store.ts';
import { defineTable, quoted, reader, written } from './table.ts';

export const AUDIT = defineTable<AuditEntry>({
  name: 'audit',
  kind: 'audit entry',
  columns: {
    id: value(),
    created_at: value(),
    node_uuid: value(null),
    action: value(),
    outcome: value('done'),
    user: value(null),
    project: value(null),
    request_id: value(null),
    detail: json('{}'),
    previous_hash: value(),
    hash: value(),
  },
  unique: {},
});

/** An entry that is not in the chain yet. */
interface PendingEntry extends Required<NewAuditEntry> {
  id: number;
  created_at: EpochMs;
}

export const AUDIT_PENDING = defineTable<PendingEntry>({
  name: 'audit_pending',
  kind: 'pending audit entry',
  columns: {
    id: value(),
    created_at: value(),
    node_uuid: value(null),
    action: value(),
    outcome: value('done'),
    user: value(null),
    project: value(null),
    request_id: value(null),
    detail: json('{}'),
  },
  unique: {},
});

/** Entries read at once when the chain is checked. */
const PAGE = 1000;
/** Entries that one transaction brings into the chain. */
const SEALED_AT_ONCE = 500;

const CONDITIONS: Readonly<Record<keyof AuditFilter, string>> = {
  node_uuid: '`node_uuid` = ?',
  project: '`project` = ?',
  user: '`user` = ?',
  action: '`action` = ?',
  outcome: '`outcome` = ?',
  request_id: '`request_id` = ?',
  since: '`created_at` >= ?',
  until: '`created_at` < ?',
};

/**
 * Field → its index, in which the ids follow the field. MariaDB is told to look at those of the fields that are asked for: by itself it would rather
 * read the whole table backwards, for there is a LIMIT. What is done is nearly everything.
 */
const INDEXES: Readonly<Partial<Record<keyof AuditFilter, string>>> = {
  request_id: 'audit_by_request_id',
  node_uuid: 'audit_node_index',
  project: 'audit_by_project',
  user: 'audit_by_user',
  action: 'audit_by_action',
  outcome: 'audit_by_outcome',
};

/** So long before it is in the chain an entry may have been made: longer than any transaction lives. */
const LONGEST_ON_ITS_WAY_MS = 3_600_000;

export function auditRepository(db: Executor): AuditRepository {
  const { name } = db.dialect;
  const toEntry = reader(AUDIT, AUDIT.fields, db.keys);
  const page = async (text: string, bindings: readonly (string | number)[]): Promise<AuditEntry[]> =>
    (await db.rows(`${AUDIT.select} ${text}`, bindings)).map(toEntry);

  const toPending = reader(AUDIT_PENDING, AUDIT_PENDING.fields, db.keys);

  /** The end of the chain, locked until the transaction ends: two sealers cannot follow the same entry. */
  async function lockHead(inside: Executor): Promise<AuditHead> {
    // SQLite's transactions that write are alone from their beginning.
    const lock = name === 'mysql' ? ' FOR UPDATE' : '';
    const text = `SELECT \`last_id\`, \`last_hash\` FROM \`audit_head\` WHERE \`id\` = 1${lock}`;
    const [row] = await inside.rows(text, []);
    if (row === undefined) throw new Error('The end of the audit chain is missing.');
    return { id: Number(row[0]), hash: String(row[1]) };
  }

  /** Brings up to SEALED_AT_ONCE pending entries into the chain, in one transaction. */
  const sealSome = (): Promise<number> =>
    db.atomic(async (inside) => {
      let head = await lockHead(inside);
      const found = await inside.rows(`${AUDIT_PENDING.select} ORDER BY \`id\` LIMIT ${SEALED_AT_ONCE}`, []);
      if (found.length === 0) return 0;
      const pending = found.map(toPending);
      const rows = pending.map((given) => {
        const entry = { ...given, id: head.id + 1, previous_hash: head.hash };
        head = { id: entry.id, hash: hashOf(entry) };
        return written(AUDIT, { ...entry, hash: head.hash }, '', inside.keys);
      });
      const columns = rows[0]?.columns ?? [];
      const one = `(${placeholders(columns.length)})`;
      await inside.run(
        `INSERT INTO \`audit\` (${columns.map(quoted).join(', ')}) VALUES ${rows.map(() => one).join(', ')}`,
        rows.flatMap(({ bindings }) => bindings),
      );
      const text = 'UPDATE `audit_head` SET `last_id` = ?, `last_hash` = ? WHERE `id` = 1';
      await inside.run(text, [head.id, head.hash]);
      const ids = pending.map(({ id }) => id);
      await inside.run(`DELETE FROM \`audit_pending\` WHERE \`id\` IN (${placeholders(ids.length)})`, ids);
      return pending.length;
    });

  /** Leaves a process that only reads the chain alone when nothing is pending: no lock is taken then. */
  async function seal(): Promise<number> {
    let sealed = 0;
    for (;;) {
      const [some] = await db.rows('SELECT 1 FROM `audit_pending` LIMIT 1', []);
      if (some === undefined) return sealed;
      sealed += await sealSome();
    }
  }

  function hint(filter: AuditFilter): string {
    if (name !== 'mysql') return '';
    const found = Object.keys(filter).flatMap((field) => {
      const index = INDEXES[field as keyof AuditFilter];
      return index === undefined || filter[field as keyof AuditFilter] === 'done' ? [] : [index];
    });
    return `USE INDEX (${found.length === 0 ? 'PRIMARY' : found.join(', ')})`;
  }

  /** Between which ids all entries of a time are. Entries are numbered in the order of their times, but for some that were on their way. */
  async function idsOf({ since, until }: AuditFilter): Promise<{ above: number; below: number }> {
    const first = async (condition: string, order: string, time: number): Promise<number | undefined> => {
      const text = `SELECT \`id\` FROM \`audit\` WHERE \`created_at\` ${condition} ? ORDER BY \`created_at\` ${order} LIMIT 1`;
      const [row] = await db.rows(text, [time]);
      return row === undefined ? undefined : Number(row[0]);
    };
    const above = since === undefined ? undefined : await first('<', 'DESC', since - LONGEST_ON_ITS_WAY_MS);
    const below = until === undefined ? undefined : await first('>=', 'ASC', until + LONGEST_ON_ITS_WAY_MS);
    return { above: above ?? 0, below: below ?? Number.MAX_SAFE_INTEGER };
  }

  return {
    seal,
    async append(given) {
      const { columns, bindings } = written(AUDIT_PENDING, { outcome: 'done', ...given }, '', db.keys);
      await db.run(insertText(AUDIT_PENDING, db.dialect, columns), bindings);
    },
    async list({ before_id = Number.MAX_SAFE_INTEGER, limit, ...filter }) {
      await seal();
      const wanted = Object.entries(filter) as [keyof AuditFilter, string | number][];
      const { above, below } = await idsOf(filter);
      const conditions = ['`id` > ?', '`id` < ?', ...wanted.map(([field]) => CONDITIONS[field])];
      // Their ids alone stand in the index: of the table only a page is read.
      const found = `SELECT \`id\` AS \`found_id\` FROM \`audit\` ${hint(filter)} WHERE ${conditions.join(' AND ')} ORDER BY \`id\` DESC LIMIT ${Math.trunc(limit)}`;
      return page(`JOIN (${found}) AS \`found\` ON \`found_id\` = \`id\` ORDER BY \`id\` DESC`, [
        above,
        Math.min(before_id, below),
        ...wanted.map(([, value]) => value),
      ]);
    },
    async verify(anchor) {
      await seal();
      const [row] = await db.rows('SELECT `last_id`, `last_hash` FROM `audit_head` WHERE `id` = 1', []);
      const end = { id: Number(row?.[0] ?? 0), hash: String(row?.[1] ?? '') };
      let head = EMPTY_CHAIN;
      while (head.id < end.id) {
        const entries = await page(`WHERE \`id\` > ? AND \`id\` <= ? ORDER BY \`id\` LIMIT ${PAGE}`, [
          head.id,
          end.id,
        ]);
        const checked = checkChain(head, entries);
        const missed = anchor !== undefined && entries.find(({ id }) => id === anchor.id);
        if (checked.broken !== null) return { head: end, broken: checked.broken };
        if (missed && missed.hash !== anchor.hash)
          return {
            head: end,
            broken: { id: missed.id, why: 'The chain was written anew: it has another hash here.' },
          };
        if (entries.length === 0)
          return { head: end, broken: { id: head.id + 1, why: 'The entry is missing.' } };
        head = checked.head;
      }
      if (head.hash !== end.hash)
        return { head: end, broken: { id: head.id, why: 'The end of the chain is not this entry.' } };
      if (anchor !== undefined && anchor.id > end.id)
        return { head: end, broken: { id: end.id + 1, why: 'The chain was cut: it was longer once.' } };
      return { head: end, broken: null };
    },
  };
}
