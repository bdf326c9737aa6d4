import type { AuditEntry } from '../lifecycle/audit.ts';
import { checkChain, EMPTY_CHAIN, hashOf } from './audit-chain.ts';
import { json, value } from './columns.ts';
import type { Executor, Row } from './executor.ts';
import { placeholders } from './statements.ts';
import type { AuditRepository } from './store.ts';
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

/** Entries read at once when the chain is checked. */
const PAGE = 1000;

export function auditRepository(db: Executor): AuditRepository {
  const { now, name } = db.dialect;
  const toEntry = reader(AUDIT, AUDIT.fields, db.keys);
  const page = async (text: string, bindings: readonly (string | number)[]): Promise<AuditEntry[]> =>
    (await db.rows(`${AUDIT.select} ${text}`, bindings)).map(toEntry);

  /** The end of the chain, locked until the transaction ends: two writers cannot follow the same entry. */
  async function lockHead(inside: Executor): Promise<Row> {
    // SQLite's transactions that write are alone from their beginning.
    const lock = name === 'mysql' ? ' FOR UPDATE' : '';
    const text = `SELECT \`last_id\`, \`last_hash\`, ${now} FROM \`audit_head\` WHERE \`id\` = 1${lock}`;
    const [row] = await inside.rows(text, []);
    if (row === undefined) throw new Error('The end of the audit chain is missing.');
    return row;
  }

  return {
    append: (given) =>
      db.atomic(async (inside) => {
        const [last_id, last_hash, at] = await lockHead(inside);
        const entry = {
          ...given,
          id: Number(last_id) + 1,
          created_at: Number(at),
          previous_hash: String(last_hash),
        };
        const hash = hashOf(entry);
        const { columns, bindings } = written(AUDIT, { ...entry, hash }, '', inside.keys);
        const names = columns.map(quoted).join(', ');
        await inside.run(
          `INSERT INTO \`audit\` (${names}) VALUES (${placeholders(columns.length)})`,
          bindings,
        );
        const text = 'UPDATE `audit_head` SET `last_id` = ?, `last_hash` = ? WHERE `id` = 1';
        await inside.run(text, [entry.id, hash]);
      }),
    list: ({ node_uuid, before_id = Number.MAX_SAFE_INTEGER, limit }) =>
      node_uuid === undefined
        ? page(`WHERE \`id\` < ? ORDER BY \`id\` DESC LIMIT ${Math.trunc(limit)}`, [before_id])
        : page(`WHERE \`node_uuid\` = ? AND \`id\` < ? ORDER BY \`id\` DESC LIMIT ${Math.trunc(limit)}`, [
            node_uuid,
            before_id,
          ]),
    async verify(anchor) {
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
