import type { Json, JsonObject } from '../lifecycle/json.ts';

/** One option of a command: a parameter of the query, or a field of the body. */
export interface OptionRow {
  /** As in the API: `sort_key` is the option `--sort-key`. */
  name: string;
  in: 'query' | 'body';
  /**
   * `json`: JSON text, or `@file` with it. `secret`: `@file` only (`@-`: standard input), so that it stands in no list of processes.
   * `list`: may be given several times. `switch`: true when it is given.
   */
  kind: 'text' | 'integer' | 'json' | 'secret' | 'list' | 'switch';
  help: string;
  choices?: readonly string[];
  required?: boolean;
  /** What is said where nothing is. */
  preset?: string;
}

/** A column of a table: a field of the item, perhaps of an object in it (`maintenance.side`). */
export type Column = string;

/** What is printed of an answer. */
export type Output =
  /** A list under `key`. */
  | { kind: 'list'; key: string; columns: readonly Column[] }
  /** One object; `columns`: which fields a table shows, default all. */
  | { kind: 'item'; columns?: readonly Column[] }
  /** Made of the answer. */
  | { kind: 'made'; columns: readonly Column[]; rows: (body: Json) => JsonObject[] }
  /** Nothing but a word that it was done. */
  | { kind: 'done'; text: string }
  /** Events as they come, one a line. */
  | { kind: 'events' }
  /** A console: it is shown, if it can be in a terminal, and else how to open it. */
  | { kind: 'console' };

/** How `--wait` waits: this is asked until it is over. */
export interface WaitRow {
  /** Path to ask, from the path's arguments and the answer to the command. */
  path: (args: Readonly<Record<string, string>>, body: Json) => string;
  /** null: not over yet; else whether it went well. */
  over: (body: JsonObject) => { well: boolean; text: string } | null;
  /** Where it is, in one line. */
  progress: (body: JsonObject) => string;
}

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
}

/** Names of the parameters of a path. */
export function pathArguments(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
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
  query('limit', 'at most so many', { kind: 'integer' }),
  query('marker', 'uuid of the last one of the page before'),
];
