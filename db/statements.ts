import type { Dialect, SqlValue } from './executor.ts';
import type { KeyRing } from './secrets.ts';
import type { ListOptions, Match, Search } from './store.ts';
import { columnOf, quoted, selection, type Table } from './table.ts';

/** SQL text with its bindings. */
export interface Sql {
  text: string;
  bindings: SqlValue[];
}

/** A condition of a WHERE clause. */
export type Condition = Sql;

/** Rows whose text column contains `words`. */
export function contains(column: string, words: string): Condition {
  return { text: `INSTR(\`${column}\`, ?) > 0`, bindings: [words] };
}

/** Rows one of whose text columns has what is searched for in it, whatever the case. */
export function searched<R>(table: Table<R>, { text, columns }: Search<R>, dialect: Dialect): Condition {
  for (const column of columns)
    if (!columnOf(table, column).comparable)
      throw new TypeError(`${table.name} can't be searched by ${column}.`);
  const pattern = `%${text.replaceAll(/[!%_]/g, '!$&')}%`;
  return {
    text: either(columns.map((column) => dialect.like(column))),
    bindings: columns.map(() => pattern),
  };
}

const NOWHERE = { table: '', uuid: '', column: '' };

/** The conditions of `match`: equality, "one of", IS NULL. */
export function conditions<R>(table: Table<R>, match: Match<R> | undefined, keys: KeyRing): Condition[] {
  return Object.entries(match ?? {}).flatMap(([field, wanted]) => {
    if (wanted === undefined) return [];
    const column = columnOf(table, field);
    if (!column.comparable) throw new TypeError(`${table.name} can't be filtered by ${field}.`);
    const name = quoted(field);
    const among = Array.isArray(wanted) ? wanted : [wanted];
    const known = among.filter((one) => one !== null).map((one) => column.write(one, keys, NOWHERE));
    const tests: string[] = [];
    if (known.length === 1) tests.push(`${name} = ?`);
    else if (known.length > 1) tests.push(`${name} IN (${placeholders(known.length)})`);
    if (known.length < among.length) tests.push(`${name} IS NULL`);
    return [{ text: tests.length === 0 ? '1 = 0' : either(tests), bindings: known }];
  });
}

const either = (tests: readonly string[]): string =>
  tests.length === 1 ? (tests[0] ?? '') : `(${tests.join(' OR ')})`;

export const placeholders = (count: number): string => new Array(count).fill('?').join(', ');

export function where(all: readonly Condition[]): Sql {
  return {
    text: all.length === 0 ? '' : ` WHERE ${all.map((one) => one.text).join(' AND ')}`,
    bindings: all.flatMap((one) => one.bindings),
  };
}

export function insertText<R>(table: Table<R>, dialect: Dialect, columns: readonly string[]): string {
  const names = [...columns, 'created_at'].map(quoted).join(', ');
  return `INSERT INTO ${quoted(table.name)} (${names}) VALUES (${placeholders(columns.length)}, ${dialect.now})`;
}

/** The fields that a list reads: those asked for with id and uuid, or all. */
export function listed<R>(
  table: Table<R>,
  fields: readonly (keyof R & string)[] | undefined,
): readonly (keyof R & string)[] {
  if (fields === undefined) return table.fields;
  const always = ['id', 'uuid'].filter((field) => Object.hasOwn(table.columns, field)) as (keyof R &
    string)[];
  return [...new Set([...always, ...fields])];
}

/** Where a page starts: after the row `id`, which holds `sorted_by` in the sort column. */
export interface PageStart {
  id: number;
  sorted_by: SqlValue;
}

/**
 * The SELECTs that together give one page; each is one range of one index, and the next is needed only when those before
 * it did not fill the page. NULL sorts before all values, as in both engines. Ties go by id in the same direction.
 */
export function pageQueries<R>(
  table: Table<R>,
  fields: readonly string[],
  filter: readonly Condition[],
  options: Pick<ListOptions<R>, 'sort_key' | 'sort_dir'>,
  start: PageStart | null,
): Sql[] {
  const key = options.sort_key ?? ('id' as keyof R & string);
  if (!columnOf(table, key).comparable) throw new TypeError(`${table.name} can't be sorted by ${key}.`);
  const descending = options.sort_dir === 'desc';
  const unique = Object.values(table.unique).some((columns) => columns.length === 1 && columns[0] === key);
  const head = `SELECT ${selection(table, fields)} FROM ${quoted(table.name)}`;
  return ranges(key, unique, descending, start).map((range) => {
    const { text, bindings } = where([...filter, ...range.within]);
    const order = range.by.map((column) => quoted(column) + (descending ? ' DESC' : '')).join(', ');
    return { text: `${head}${text} ORDER BY ${order}`, bindings };
  });
}

/** Rows that one index holds side by side, in the order of `by`. */
interface Range {
  within: Condition[];
  by: string[];
}

function ranges(key: string, unique: boolean, descending: boolean, start: PageStart | null): Range[] {
  const past = descending ? '<' : '>';
  const after_id: Condition[] = start === null ? [] : [{ text: `\`id\` ${past} ?`, bindings: [start.id] }];
  if (key === 'id') return [{ within: after_id, by: ['id'] }];
  const name = quoted(key);
  // Values of a unique column have no ties; told to sort them by id too, MariaDB would not use the column's index.
  const by = unique ? [key] : [key, 'id'];
  const nulls: Range = { within: [{ text: `${name} IS NULL`, bindings: [] }], by: ['id'] };
  const values: Range = { within: [{ text: `${name} IS NOT NULL`, bindings: [] }], by };
  if (start === null) {
    if (!unique) return [{ within: [], by }];
    return descending ? [values, nulls] : [nulls, values];
  }
  if (start.sorted_by === null) {
    const ties: Range = { within: [...nulls.within, ...after_id], by: ['id'] };
    return descending ? [ties] : [ties, values];
  }
  const at = [start.sorted_by];
  const ties: Range = { within: [{ text: `${name} = ?`, bindings: at }, ...after_id], by: ['id'] };
  const beyond: Range = { within: [{ text: `${name} ${past} ?`, bindings: at }], by };
  return [...(unique ? [] : [ties]), beyond, ...(descending ? [nulls] : [])];
}
