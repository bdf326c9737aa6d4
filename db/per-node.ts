import type { Stored } from '../lifecycle/records.ts';
import type { Executor, SqlValue } from './executor.ts';
import { explained } from './repository.ts';
import { insertText } from './statements.ts';
import type { PerNode } from './store.ts';
import { columnOf, quoted, reader, type Table, withInitial, written } from './table.ts';

/** Makes the repository of a small table keyed by node and `key`. */
export function perNode<R extends Stored & { node_uuid: string }>(
  table: Table<R>,
  key: keyof R & string,
): (db: Executor) => PerNode<R> {
  const name = quoted(table.name);
  const list = async (db: Executor, node_uuid: string): Promise<R[]> => {
    const text = `${table.select} WHERE \`node_uuid\` = ? ORDER BY ${quoted(key)}`;
    return (await db.rows(text, [node_uuid])).map(reader(table, table.fields, db.keys));
  };
  return (db) => ({
    list: (node_uuid) => list(db, node_uuid),
    replace: (node_uuid, rows) =>
      db.atomic(async (inside) => {
        const gone = new Map((await list(inside, node_uuid)).map((row) => [row[key], row]));
        for (const row of rows) {
          const record = withInitial(table, { ...row, node_uuid });
          const known = gone.get(record[key] as R[typeof key]);
          gone.delete(record[key] as R[typeof key]);
          if (known === undefined) await insert(inside, table, record);
          else await change(inside, table, known, record);
        }
        for (const { id } of gone.values()) await inside.run(`DELETE FROM ${name} WHERE \`id\` = ?`, [id]);
      }),
  });
}

type Values = Readonly<Record<string, unknown>>;

async function insert<R>(db: Executor, table: Table<R>, record: Values): Promise<void> {
  const { columns, bindings } = written(table, record, '', db.keys);
  await explained(table, record, () => db.run(insertText(table, db.dialect, columns), bindings));
}

/** Updates a row where it differs; updated_at tells when it last did. */
async function change<R extends Stored>(
  db: Executor,
  table: Table<R>,
  known: R,
  record: Values,
): Promise<void> {
  const place = { table: table.name, uuid: '', column: '' };
  const stored = (field: string, value: unknown): SqlValue =>
    columnOf(table, field).write(value, db.keys, place);
  const differing = Object.entries(record).filter(
    ([field, value]) =>
      field !== 'updated_at' && stored(field, value) !== stored(field, known[field as keyof R]),
  );
  if (differing.length === 0) return;
  const set = differing.map(([field]) => `${quoted(field)} = ?`).join(', ');
  const bindings = differing.map(([field, value]) => stored(field, value));
  const text = `UPDATE ${quoted(table.name)} SET ${set}, \`updated_at\` = ${db.dialect.now} WHERE \`id\` = ?`;
  await db.run(text, [...bindings, known.id]);
}
