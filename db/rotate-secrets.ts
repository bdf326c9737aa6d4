import type { Column } from './columns.ts';
import type { Executor, SqlValue } from './executor.ts';
import { needsRotation, openJson, type Place, sealJson } from './secrets.ts';
import { quoted } from './table.ts';

const BATCH = 200;

/**
 * Encrypts the secrets of `table` that an older key encrypted with the current one. Rows that change meanwhile are taken
 * again. updated_at stays: nothing that a client sees has changed. Resolves with the number of rows changed.
 * @throws SecretUnreadable
 */
export async function rotateTable(
  db: Executor,
  table: { readonly name: string; readonly columns: Readonly<Record<string, Column>> },
): Promise<number> {
  const columns = Object.entries(table.columns)
    .filter(([, column]) => column.sealed)
    .map(([field]) => field);
  if (columns.length === 0) return 0;
  let rotated = 0;
  let after: SqlValue = 0;
  for (;;) {
    const text =
      `SELECT \`id\`, \`uuid\`, ${columns.map(quoted).join(', ')} FROM ${quoted(table.name)} ` +
      `WHERE \`id\` > ? ORDER BY \`id\` LIMIT ${BATCH}`;
    const rows = await db.rows(text, [after]);
    for (const [id = null, uuid = null, ...stored] of rows) {
      const place = { table: table.name, uuid: String(uuid) };
      if (await rotateRow(db, place, columns, id, stored)) rotated++;
      after = id;
    }
    if (rows.length < BATCH) return rotated;
  }
}

/** False: nothing to do, or the row is gone. */
async function rotateRow(
  db: Executor,
  place: Omit<Place, 'column'>,
  columns: readonly string[],
  id: SqlValue,
  first: readonly SqlValue[],
): Promise<boolean> {
  for (let stored = first; ; ) {
    const stale = columns.flatMap((column, index) => {
      const text = stored[index];
      return typeof text === 'string' && needsRotation(db.keys, text) ? [{ column, text }] : [];
    });
    if (stale.length === 0) return false;
    const fresh = stale.map(({ column, text }) => {
      const at = { ...place, column };
      return sealJson(db.keys, at, openJson(db.keys, at, text));
    });
    const name = quoted(place.table);
    const set = stale.map(({ column }) => `${quoted(column)} = ?`).join(', ');
    const unchanged = stale.map(({ column }) => `${quoted(column)} = ?`).join(' AND ');
    const { changes } = await db.run(`UPDATE ${name} SET ${set} WHERE \`id\` = ? AND ${unchanged}`, [
      ...fresh,
      id,
      ...stale.map(({ text }) => text),
    ]);
    if (changes > 0) return true;
    const [row] = await db.rows(`SELECT ${columns.map(quoted).join(', ')} FROM ${name} WHERE \`id\` = ?`, [
      id,
    ]);
    if (row === undefined) return false;
    stored = row;
  }
}
