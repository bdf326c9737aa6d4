import type { Column } from './columns.ts';
import { value } from './columns.ts';
import type { Row, SqlValue } from './executor.ts';
import type { KeyRing, Place } from './secrets.ts';

/**
 * A table as a literal: from it follow how records are written and read, what a new record holds, what lists may be
 * sorted by and how a taken unique key is told. The schema itself is in migrations/; a spec compares the two.
 */
export interface TableLiteral<R> {
  readonly name: string;
  /** What an error calls one row. */
  readonly kind: string;
  readonly columns: Readonly<Record<keyof R & string, Column>>;
  /** Unique index → its columns. */
  readonly unique: Readonly<Record<string, readonly (keyof R & string)[]>>;
}

/** A table with what its statements need again and again. */
export interface Table<R> extends TableLiteral<R> {
  readonly fields: readonly (keyof R & string)[];
  /** SELECT of all fields, up to its WHERE. */
  readonly select: string;
  /** How records of all fields are made of rows. */
  readonly reading: Reading;
}

/** How records are made of rows that hold some fields in an order. */
interface Reading {
  readonly fields: readonly string[];
  readonly columns: readonly Column[];
  /** Where the uuid is; -1: nowhere. */
  readonly at_uuid: number;
  /** A record of these fields, to be copied: an object that gets its fields one by one would become a slow one. */
  readonly blank: Readonly<Record<string, unknown>>;
}

export function defineTable<R>(literal: TableLiteral<R>): Table<R> {
  const fields = Object.keys(literal.columns) as (keyof R & string)[];
  const select = `SELECT ${selection(literal, fields)} FROM ${quoted(literal.name)}`;
  return { ...literal, fields, select, reading: readingOf(literal, fields) };
}

function readingOf<R>(table: TableLiteral<R>, fields: readonly string[]): Reading {
  return {
    fields,
    columns: fields.map((field) => columnOf(table, field)),
    at_uuid: fields.indexOf('uuid'),
    blank: JSON.parse(`{${fields.map((field) => `${JSON.stringify(field)}:null`).join(',')}}`),
  };
}

export const ID: Column = value();
/** Set by the database's clock at creation. */
export const CREATED_AT: Column = value();
/** Set by the database's clock with every change. */
export const UPDATED_AT: Column = value(null);

const BY_THE_DATABASE: readonly string[] = ['id', 'created_at'];

/**
 * The column of a field.
 * @throws TypeError for a name that is not a field: names go into SQL text, so only the literal's own may.
 */
export function columnOf<R>(table: TableLiteral<R>, field: string): Column {
  if (!Object.hasOwn(table.columns, field)) throw new TypeError(`${table.name} has no field ${field}.`);
  return table.columns[field as keyof R & string];
}

export const quoted = (name: string): string => `\`${name}\``;

/** The select list for `fields`. */
export function selection<R>(table: TableLiteral<R>, fields: readonly string[]): string {
  return fields.map((field) => columnOf(table, field).computed ?? quoted(field)).join(', ');
}

/** A new record's values: given ones, else the columns' initial ones. Without id and created_at. */
export function withInitial<R>(
  table: Table<R>,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  for (const field of Object.keys(given)) columnOf(table, field);
  const record: Record<string, unknown> = {};
  for (const field of table.fields) {
    if (BY_THE_DATABASE.includes(field)) continue;
    const known =
      given[field] ?? (field in given && given[field] === null ? null : table.columns[field].initial());
    if (known === undefined) throw new TypeError(`A new ${table.kind} needs ${field}.`);
    record[field] = known;
  }
  return record;
}

/** Columns and bindings of `values`; computed fields are left out. */
export function written<R>(
  table: Table<R>,
  values: Readonly<Record<string, unknown>>,
  uuid: string,
  keys: KeyRing,
): { columns: string[]; bindings: SqlValue[] } {
  const columns: string[] = [];
  const bindings: SqlValue[] = [];
  const place: Place = { table: table.name, uuid, column: '' };
  for (const [field, given] of Object.entries(values)) {
    const column = columnOf(table, field);
    if (column.computed !== undefined || given === undefined) continue;
    place.column = field;
    columns.push(field);
    bindings.push(column.write(given, keys, place));
  }
  return { columns, bindings };
}

/**
 * Makes records of rows that hold `fields` in this order. `uuid` is among the fields where the table has secrets.
 * @throws SecretUnreadable
 */
export function reader<R>(
  table: Table<R>,
  fields: readonly (keyof R & string)[],
  keys: KeyRing,
): (row: Row) => R {
  const { columns, at_uuid, blank } = fields === table.fields ? table.reading : readingOf(table, fields);
  const { name } = table;
  return (row) => {
    const record = { ...blank };
    const place: Place = { table: name, uuid: at_uuid < 0 ? '' : String(row[at_uuid]), column: '' };
    // An index loop: lists of a thousand records with sixty fields each pass here.
    for (let index = 0; index < columns.length; index++) {
      const field = fields[index] ?? '';
      const stored = row[index] ?? null;
      place.column = field;
      record[field] = columns[index]?.read(stored, keys, place);
    }
    return record as R;
  };
}
