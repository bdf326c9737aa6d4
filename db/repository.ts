import { serviceError } from '../lifecycle/errors.ts';
import type { Stored } from '../lifecycle/records.ts';
import type { Executor, Row, SqlValue } from './executor.ts';
import { BrokenReference, DuplicateKey } from './failures.ts';
import {
  type Condition,
  conditions,
  insertText,
  listed,
  type PageStart,
  pageQueries,
  type Sql,
  searched,
  where,
} from './statements.ts';
import type { Changes, ListOptions, Match, New, Repository, Search } from './store.ts';
import { columnOf, quoted, reader, selection, type Table, withInitial, written } from './table.ts';

/** The repository of a table whose records have a uuid. */
export function repository<R extends Stored & { uuid: string }>(
  db: Executor,
  table: Table<R>,
): Repository<R> {
  return {
    create: (record) => create(db, table, record),
    get: (uuid) => getBy(db, table, 'uuid' as keyof R & string, uuid),
    getByName: async (name) =>
      Object.hasOwn(table.columns, 'name') ? getBy(db, table, 'name' as keyof R & string, name) : null,
    list: (options) => list(db, table, options),
    count: (match, search) => count(db, table, match, search),
    update: (uuid, changes, guard) => update(db, table, uuid, changes, guard),
    delete: (uuid) => remove(db, table, uuid),
  };
}

/** Inserts one record; resolves with it, as a read would give it. @throws AlreadyExists, NotFound (a node that is gone) */
export async function create<R extends Stored & { uuid: string }>(
  db: Executor,
  table: Table<R>,
  given: New<R>,
): Promise<R> {
  const record = withInitial(table, given);
  const uuid = String(record.uuid);
  const { columns, bindings } = written(table, record, uuid, db.keys);
  const text = insertText(table, db.dialect, columns);
  const row = await explained(table, record, () => inserted(db, table, text, bindings));
  return { ...record, id: row[0], created_at: row[1] } as R;
}

/** id and created_at of the row that `text` inserts. */
async function inserted<R>(db: Executor, table: Table<R>, text: string, bindings: SqlValue[]): Promise<Row> {
  if (db.dialect.insert_returning) {
    const [row] = await db.rows(`${text} RETURNING \`id\`, \`created_at\``, bindings, true);
    if (row !== undefined) return row;
    throw new Error(`The database did not return the row inserted into ${table.name}.`);
  }
  return db.atomic(async (inside) => {
    const { insert_id } = await inside.run(text, bindings);
    const sql = `SELECT \`id\`, \`created_at\` FROM ${quoted(table.name)} WHERE \`id\` = ?`;
    const [row] = await inside.rows(sql, [insert_id], true);
    if (row !== undefined) return row;
    throw new Error(`The row inserted into ${table.name} can't be read.`);
  });
}

/** The record whose unique `field` is `value`. */
export async function getBy<R>(
  db: Executor,
  table: Table<R>,
  field: keyof R & string,
  value: SqlValue,
): Promise<R | null> {
  columnOf(table, field);
  const { select, fields } = table;
  const row = await db.one({ select, column: field, at: fields.indexOf(field), key: value });
  return row === undefined ? null : reader(table, table.fields, db.keys)(row);
}

/** One page of records. `extra` conditions are added to `options.where`. */
export async function list<R>(
  db: Executor,
  table: Table<R>,
  options: ListOptions<R> = {},
  extra: readonly Condition[] = [],
): Promise<R[]> {
  const records: R[] = [];
  await page(db, table, options, extra, async ({ text, bindings }, read) => {
    const rows = await db.rows(text, bindings);
    for (const row of rows) records.push(read(row));
    return rows.length;
  });
  return records;
}

/** As `list`, each record as it comes: nothing keeps them all. */
export function each<R>(
  db: Executor,
  table: Table<R>,
  options: ListOptions<R>,
  extra: readonly Condition[],
  visit: (record: R) => void,
): Promise<void> {
  return page(db, table, options, extra, async ({ text, bindings }, read) => {
    let found = 0;
    await db.each(text, bindings, (row) => {
      found++;
      visit(read(row));
    });
    return found;
  });
}

/** Sends the queries of one page until it is full; `send` resolves with how many rows it found. */
async function page<R>(
  db: Executor,
  table: Table<R>,
  options: ListOptions<R>,
  extra: readonly Condition[],
  send: (query: Sql, read: (row: Row) => R) => Promise<number>,
): Promise<void> {
  const fields = listed(table, options.fields);
  const { contains } = options;
  const filter = [
    ...conditions(table, options.where, db.keys),
    ...(contains === undefined ? [] : [searched(table, contains, db.dialect)]),
    ...extra,
  ];
  const start = await pageStart(db, table, options);
  if (start === undefined) return;
  const read = reader(table, fields, db.keys);
  let found = 0;
  for (const { text, bindings } of pageQueries(table, fields, filter, options, start)) {
    const wanted = options.limit === undefined ? null : wholeNumber(options.limit) - found;
    if (wanted !== null && wanted <= 0) break;
    const limit = wanted === null ? '' : ` LIMIT ${wanted}`;
    found += await send({ text: text + limit, bindings }, read);
  }
}

function wholeNumber(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 0) throw new TypeError(`${limit} is no limit of a list.`);
  return limit;
}

/** Where the page starts; null: at the beginning; undefined: after a row that does not exist. */
async function pageStart<R>(
  db: Executor,
  table: Table<R>,
  options: ListOptions<R>,
): Promise<PageStart | null | undefined> {
  const { after_id: id, sort_key } = options;
  if (id === undefined) return null;
  if (sort_key === undefined || sort_key === 'id') return { id, sorted_by: id };
  columnOf(table, sort_key);
  const text = `SELECT ${quoted(sort_key)} FROM ${quoted(table.name)} WHERE \`id\` = ?`;
  const [row] = await db.rows(text, [id]);
  return row === undefined ? undefined : { id, sorted_by: row[0] ?? null };
}

export async function count<R>(
  db: Executor,
  table: Table<R>,
  match?: Match<R>,
  search?: Search<R>,
): Promise<number> {
  const { text, bindings } = where([
    ...conditions(table, match, db.keys),
    ...(search === undefined ? [] : [searched(table, search, db.dialect)]),
  ]);
  const [row] = await db.rows(`SELECT COUNT(*) FROM ${quoted(table.name)}${text}`, bindings);
  return Number(row?.[0] ?? 0);
}

/** Changes the record `uuid` where it matches `guard`; resolves with the record after it, or null. @throws AlreadyExists */
export async function update<R extends Stored & { uuid: string }>(
  db: Executor,
  table: Table<R>,
  uuid: string,
  changes: Changes<R>,
  guard?: Match<R>,
): Promise<R | null> {
  const { text, bindings } = updateOf(db, table, uuid, changes, guard);
  return explained(table, changes as Record<string, unknown>, async () => {
    if (db.dialect.update_returning) {
      const fields = table.fields;
      const [row] = await db.rows(`${text} RETURNING ${selection(table, fields)}`, bindings);
      return row === undefined ? null : reader(table, fields, db.keys)(row);
    }
    const read = { text: `${table.select} WHERE \`uuid\` = ?`, bindings: [uuid] };
    const [{ changes: matched }, [row]] = await db.writeAndRead({ text, bindings }, read);
    return matched === 0 || row === undefined ? null : reader(table, table.fields, db.keys)(row);
  });
}

/** As `update`, without reading the record back. @throws AlreadyExists */
export async function change<R extends Stored & { uuid: string }>(
  db: Executor,
  table: Table<R>,
  uuid: string,
  changes: Changes<R>,
  guard?: Match<R>,
): Promise<boolean> {
  const { text, bindings } = updateOf(db, table, uuid, changes, guard);
  return explained(
    table,
    changes as Record<string, unknown>,
    async () => (await db.run(text, bindings)).changes > 0,
  );
}

function updateOf<R extends Stored & { uuid: string }>(
  db: Executor,
  table: Table<R>,
  uuid: string,
  changes: Changes<R>,
  guard?: Match<R>,
): { text: string; bindings: SqlValue[] } {
  const { columns, bindings } = written(table, changes as Record<string, unknown>, uuid, db.keys);
  const set = [...columns.map((column) => `${quoted(column)} = ?`), `\`updated_at\` = ${db.dialect.now}`];
  const filter = where([{ text: '`uuid` = ?', bindings: [uuid] }, ...conditions(table, guard, db.keys)]);
  const text = `UPDATE ${quoted(table.name)} SET ${set.join(', ')}${filter.text}`;
  return { text, bindings: [...bindings, ...filter.bindings] };
}

/** @throws Conflict when other rows name this one. */
export async function remove<R>(db: Executor, table: Table<R>, uuid: string): Promise<boolean> {
  try {
    const { changes } = await db.run(`DELETE FROM ${quoted(table.name)} WHERE \`uuid\` = ?`, [uuid]);
    return changes > 0;
  } catch (error) {
    if (!(error instanceof BrokenReference)) throw error;
    throw serviceError('Conflict', { why: `The ${table.kind} ${uuid} is in use and can't be deleted.` });
  }
}

/** Runs a write of `values` and says in the API's words what the database's refusal means. */
export async function explained<R, T>(
  table: Table<R>,
  values: Readonly<Record<string, unknown>>,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof DuplicateKey) throw alreadyExists(table, values, error);
    if (error instanceof BrokenReference) throw missingReference(table, values);
    throw error;
  }
}

function alreadyExists<R>(
  table: Table<R>,
  values: Readonly<Record<string, unknown>>,
  taken: DuplicateKey,
): Error {
  const columns: readonly string[] =
    (taken.index === null ? taken.columns : table.unique[taken.index]) ?? taken.columns;
  const given = columns.filter((column) => values[column] !== undefined);
  return serviceError('AlreadyExists', {
    kind: table.kind,
    field: given.join(' and '),
    value: given.map((column) => String(values[column])).join(' and '),
  });
}

/** Fields that name a row of another table, and what that row is called. */
const REFERENCES: Readonly<Record<string, string>> = {
  portgroup_uuid: 'Portgroup',
  chassis_uuid: 'Chassis',
  parent_node: 'Node',
  node_uuid: 'Node',
  profile_uuid: 'Profile',
  pool_uuid: 'Pool',
};

function missingReference<R>(table: Table<R>, values: Readonly<Record<string, unknown>>): Error {
  const named = Object.entries(REFERENCES).filter(([field]) => typeof values[field] === 'string');
  const [field, kind] = named.length === 1 ? (named[0] ?? []) : [];
  if (field !== undefined && kind !== undefined)
    return serviceError('NotFound', { kind, ident: String(values[field]) });
  const all = named.map(([name]) => `${name} ${String(values[name])}`).join(', ');
  return serviceError('Conflict', { why: `The ${table.kind} names something that does not exist: ${all}.` });
}
