import type { Json, JsonObject } from '../lifecycle/json.ts';
import type { ResourceName } from './resources.ts';
import type { WaitRow } from './work.ts';

/** One option of a command: a parameter of the query, or a field of the body. */
export interface OptionRow {
  /** As in the API: `sort_key` is the option `--sort-key`. */
  name: string;
  in: 'query' | 'body';
  /**
   * `json`: JSON text, or `@file` with it. `document`: text of many lines, or `@file` with it. `secret`: `@file` only (`@-`: standard input), so that it stands in no list of processes.
   * `list`: may be given several times. `switch`: true when it is given.
   */
  kind: 'text' | 'integer' | 'json' | 'document' | 'secret' | 'list' | 'switch';
  help: string;
  choices?: readonly string[];
  required?: boolean;
  /** What is said where nothing is. */
  preset?: string;
  /** Its value is the uuid of such an object: its name is taken too. */
  of?: ResourceName;
  /** A value that names no object is sent as it is. */
  or_text?: true;
}

/** A column of a table: a field of the item, perhaps of an object in it (`maintenance.side`). */
export type Column = string;

/** What is printed of an answer. */
export type Output =
  /** A list under `key`; `columns`: the most important first, since the last ones go where a terminal is narrow. */
  | { kind: 'list'; key: string; columns: readonly Column[] }
  /** One object; `columns`: which fields a table shows, default all. `shown`: the fields, made for people. */
  | { kind: 'item'; columns?: readonly Column[]; shown?: (body: JsonObject) => JsonObject }
  /** Made of the answer. */
  | { kind: 'made'; columns: readonly Column[]; rows: (body: Json) => JsonObject[] }
  /** Nothing but a word that it was done. */
  | { kind: 'done'; text: string }
  /** Events as they come, one a line. */
  | { kind: 'events' }
  /** A console: it is shown, if it can be in a terminal, and else how to open it. */
  | { kind: 'console' };

/** One command for one operation of the life-cycle API. */
export interface CommandRow {
  /** `server list` */
  words: string;
  /** operationId. */
  operation: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the endpoint; its parameters are the command's arguments, in order. */
  path: string;
  help: string;
  options?: readonly OptionRow[];
  /** Fields that are always sent, below what the options say. */
  body?: JsonObject;
  output: Output;
  wait?: WaitRow;
  /** Its last argument is a file, whose bytes are sent in parts. */
  file?: true;
  /** Command lines that show how it is used, without the program's name. */
  examples?: readonly string[];
  /** What it does that cannot be undone, after "It": a person is asked first. */
  undoes?: string;
  /** The field that repeats what a person types before it is done. */
  typed?: string;
}

/** Names of the parameters of a path. */
export function pathArguments(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
}

/** Whether a command is done to several things at once: those that change one thing, and show no secret of it. */
export function takesSeveral({ method, path, file, output, typed }: CommandRow): boolean {
  const one = pathArguments(path).length === 1;
  return one && method !== 'GET' && file !== true && output.kind !== 'console' && typed === undefined;
}

export const query = (
  name: string,
  help: string,
  more: Partial<Omit<OptionRow, 'name' | 'in' | 'help'>> = {},
): OptionRow => ({ name, in: 'query', kind: 'text', help, ...more });

export const field = (
  name: string,
  help: string,
  more: Partial<Omit<OptionRow, 'name' | 'in' | 'help'>> = {},
): OptionRow => ({ name, in: 'body', kind: 'text', help, ...more });

/** Options of every list in pages. */
export const PAGE: readonly OptionRow[] = [
  query('limit', 'at most so many; default all', { kind: 'integer' }),
  query('marker', 'those after this one: its uuid, or its number in an audit'),
];

/** The most rows of a list that grows for ever, unless more are asked for. */
const NEWEST_ROWS = 100;

/** As PAGE, of lists whose newest come first. */
export const NEWEST: readonly OptionRow[] = PAGE.map((option) =>
  option.name === 'limit' ? { ...option, help: 'at most so many', preset: String(NEWEST_ROWS) } : option,
);
