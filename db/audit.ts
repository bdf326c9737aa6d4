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
interface PendingEntry extends NewAuditEntry {
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
  since: '`created_at` >= ?',
  until: '`created_at` < ?',
};

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

  return {
    seal,
    async append(given) {
      const { columns, bindings } = written(AUDIT_PENDING, given, '', db.keys);
      await db.run(insertText(AUDIT_PENDING, db.dialect, columns), bindings);
    },
    async list({ before_id = Number.MAX_SAFE_INTEGER, limit, ...filter }) {
      await seal();
      const wanted = Object.entries(filter) as [keyof AuditFilter, string | number][];
      const conditions = ['`id` < ?', ...wanted.map(([field]) => CONDITIONS[field])];
      return page(`WHERE ${conditions.join(' AND ')} ORDER BY \`id\` DESC LIMIT ${Math.trunc(limit)}`, [
        before_id,
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
