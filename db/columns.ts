import { randomUUID } from 'node:crypto';
import type { Json } from '../lifecycle/json.ts';
import type { SqlValue } from './executor.ts';
import { type KeyRing, openJson, type Place, sealJson } from './secrets.ts';

/** How a field is stored, and what it holds when a new record does not say. */
export interface Column {
  /** Whether lists may be sorted and filtered by it. */
  readonly comparable: boolean;
  /** Holds secrets: the text depends on the place it is stored at. */
  readonly sealed: boolean;
  write(value: unknown, keys: KeyRing, place: Place): SqlValue;
  read(stored: SqlValue, keys: KeyRing, place: Place): unknown;
  /** The value of a new record; undefined: it must be given. */
  initial(): unknown;
  /** Computed by this expression when it is read, and never written with the row. */
  readonly computed?: string;
}

const plain = (stored: SqlValue): unknown => stored;

/** Text, an integer or a time in epoch milliseconds: stored as it is. No argument: must be given at creation. */
export function value(...initial: [] | [string | number | null]): Column {
  const [first] = initial;
  return {
    comparable: true,
    sealed: false,
    write: (given) => {
      if (given === null || typeof given === 'string') return given;
      if (typeof given === 'number' && Number.isSafeInteger(given)) return given;
      throw new TypeError(`The database takes text and whole numbers here, not ${typeof given}.`);
    },
    read: plain,
    initial: () => first,
  };
}

/** true, false, or null where that is meant. */
export function flag(initial: boolean | null): Column {
  return {
    comparable: true,
    sealed: false,
    write: (given) => (given === null ? null : Number(given === true)),
    read: (stored) => (stored === null ? null : Number(stored) !== 0),
    initial: () => initial,
  };
}

/** JSON text. `initial` is its first text: '{}', '[]' or 'null'. */
export function json(initial: JsonText): Column {
  return {
    comparable: false,
    sealed: false,
    write: (given) => JSON.stringify(given),
    read: (stored) => parse(stored) ?? JSON.parse(String(stored)),
    initial: () => JSON.parse(initial),
  };
}

/** JSON text whose secret-looking values are encrypted. */
export function secretJson(initial: JsonText): Column {
  return {
    comparable: false,
    sealed: true,
    write: (given, keys, place) => sealJson(keys, place, given as Json),
    read: (stored, keys, place) => parse(stored) ?? openJson(keys, place, String(stored)),
    initial: () => JSON.parse(initial),
  };
}

/** A JSON column that is NULL while it holds nothing, as a new record does. */
export function nullable(column: Column): Column {
  return {
    ...column,
    write: (given, keys, place) => (given === null ? null : column.write(given, keys, place)),
    read: (stored, keys, place) => (stored === null ? null : column.read(stored, keys, place)),
    initial: () => null,
  };
}

type JsonText = '{}' | '[]' | 'null';

/** The values that most JSON columns hold, without a parser. */
function parse(stored: SqlValue): unknown {
  return stored === '{}' ? {} : stored === '[]' ? [] : undefined;
}

/** A version 4 UUID unless one is given. */
export function uuid(): Column {
  return { ...value(), initial: randomUUID };
}

/** Sorted texts that live in a table of their own, gathered by `expression` into a comma separated list. */
export function gathered(expression: string): Column {
  return {
    comparable: false,
    sealed: false,
    computed: expression,
    write: () => null,
    read: (stored) => (stored === null || stored === '' ? [] : String(stored).split(',').sort()),
    initial: () => [],
  };
}
