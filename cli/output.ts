import { stringify } from 'yaml';
import type { Json, JsonObject } from '../lifecycle/json.ts';
import type { Output } from './command-row.ts';
import { CommandFailure } from './exit-codes.ts';
import { AS_IT_IS, plainJson, type Shown, shownInLine, shownValue } from './shown-text.ts';
import { drawTable, fitting } from './table.ts';

export const FORMATS = ['table', 'value', 'json', 'yaml'] as const;
export type Format = (typeof FORMATS)[number];

/** How an answer is shown. */
export interface Look {
  format: Format;
  /** Only these, in this order; null: those of the command. */
  only: readonly string[] | null;
  /** Every column that there is. */
  all: boolean;
  /** No heads, no frame. */
  bare: boolean;
  /** A column to sort by, with `:desc` downwards; null: as it came. */
  sort: string | null;
  /** Columns of the terminal that standard output is; null: it is none. */
  columns: number | null;
  colours: boolean;
  shown: Shown;
}

export interface Rendered {
  /** For standard output, without a newline at its end. */
  text: string;
  /** Columns that did not fit the terminal. */
  left_out: readonly string[];
}

/** The text of an answer. @throws CommandFailure usage: there is no such column */
export function render(body: Json, output: Output, look: Look): Rendered {
  if (output.kind === 'done' && (body === null || look.format === 'table')) return whole(output.text);
  if (look.format === 'json' || look.format === 'yaml')
    return whole(document(chosen(body, output, look), look.format));
  const { items, columns: own, single } = itemsOf(body, output, look);
  const columns = look.only === null ? identified(own, items) : own;
  if (look.format === 'value') {
    const cells = items.map((item) => columns.map((column) => shownInLine(at(item, column), look.shown)));
    return whole(cells.map((row) => row.join(single ? '\n' : '\t')).join('\n'));
  }
  const heading = look.colours ? { heading: bold } : {};
  if (single) {
    const [item = {}] = items;
    const rows = columns.map((column) => [column, shownValue(at(item, column), look.shown)]);
    return whole(drawTable(['field', 'value'], rows, { columns: look.columns, bare: look.bare, ...heading }));
  }
  const rows = items.map((item) => columns.map((column) => shownInLine(at(item, column), look.shown)));
  const heads = columns.map((column) => column.split('.').at(-1) ?? column);
  // Who names columns gets them, however wide they are.
  const width = look.only === null && !look.all ? look.columns : null;
  const kept = fitting(heads, rows, width, look.bare);
  const text = drawTable(
    heads.slice(0, kept),
    rows.map((row) => row.slice(0, kept)),
    {
      ...{ columns: null, bare: look.bare, ...heading },
    },
  );
  return { text, left_out: columns.slice(kept) };
}

/** Things of which one has no name are known by their uuids. */
function identified(columns: readonly string[], items: readonly JsonObject[]): readonly string[] {
  if (
    columns[0] !== 'name' ||
    !columns.includes('uuid') ||
    items.every(({ name }) => typeof name === 'string')
  )
    return columns;
  return ['uuid', ...columns.filter((column) => column !== 'uuid')];
}

const whole = (text: string): Rendered => ({ text, left_out: [] });
const bold = (text: string): string => `\u001B[1m${text}\u001B[22m`;

/** JSON or YAML that is safe on a terminal, whatever names and messages hold. */
function document(body: Json, format: 'json' | 'yaml'): string {
  const json = plainJson(JSON.stringify(body, null, 2));
  if (format === 'json') return json;
  const text = stringify(body).trimEnd();
  // In quotes every character can be escaped.
  return plainJson(text) === text
    ? text
    : plainJson(stringify(body, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }).trimEnd());
}

/** What JSON and YAML show: all of the answer, or the columns that were asked for. */
function chosen(body: Json, output: Output, look: Look): Json {
  if (look.only === null && look.sort === null) return body;
  const { items, columns, single } = itemsOf(body, output, { ...look, all: look.only === null });
  const picked = items.map((item) => Object.fromEntries(columns.map((column) => [column, at(item, column)])));
  return single ? (picked[0] ?? {}) : picked;
}

/** Items of a list whose fields are looked for. */
const MOST_LOOKED_AT = 1000;

function itemsOf(
  body: Json,
  output: Output,
  look: Look,
): { items: JsonObject[]; columns: readonly string[]; single: boolean } {
  const single = output.kind !== 'list' && output.kind !== 'made';
  const found = single
    ? [output.kind === 'item' && output.shown ? output.shown(body as JsonObject) : (body as JsonObject)]
    : output.kind === 'list'
      ? listOf(body, output.key)
      : output.rows(body);
  const known = [
    ...new Set([
      ...('columns' in output ? (output.columns ?? []) : []),
      ...found.slice(0, MOST_LOOKED_AT).flatMap(Object.keys),
    ]),
  ];
  const own = 'columns' in output && output.columns !== undefined ? output.columns : known;
  for (const name of [
    ...(look.only ?? []),
    ...(look.sort === null ? [] : [look.sort.replace(/:(?:asc|desc)$/, '')]),
  ])
    if (found.length > 0 && !known.includes(name.split('.')[0] ?? '') && !known.includes(name))
      throw new CommandFailure('usage', `There is no column ${name}: there are ${known.join(', ')}.`);
  const items = look.sort === null || single ? found : sorted(found, look.sort);
  return { items, columns: look.only ?? (look.all ? known : own), single };
}

function sorted(items: readonly JsonObject[], by: string): JsonObject[] {
  const column = by.replace(/:(?:asc|desc)$/, '');
  const turn = by.endsWith(':desc') ? -1 : 1;
  const text = (item: JsonObject): string => shownInLine(at(item, column), AS_IT_IS);
  const collator = new Intl.Collator('en', { numeric: true });
  return [...items].sort((one, other) => turn * collator.compare(text(one), text(other)));
}

/** The text for one event, without a newline at its end. Pure. */
export function renderEvent(event: string, data: Json, format: Format, shown: Shown): string {
  if (format === 'json') return plainJson(JSON.stringify({ event, data }));
  if (format === 'yaml') return `---\n${document({ event, data }, 'yaml')}`;
  const item = typeof data === 'object' && data !== null && !Array.isArray(data) ? data : {};
  const told = EVENT_FIELDS.flatMap((field) =>
    item[field] === undefined || item[field] === null ? [] : [`${field}=${shownInLine(item[field], shown)}`],
  );
  return [shownInLine(event, shown), ...told].join(' ');
}

/** What a line tells of an event, where it has it. */
const EVENT_FIELDS = [
  ...['uuid', 'name', 'stage', 'provision_state', 'target_provision_state', 'power_state', 'state'],
  ...['progress', 'attention', 'total', 'resumed'],
];

function listOf(body: Json, key: string): JsonObject[] {
  const items = (body as JsonObject | null)?.[key];
  return Array.isArray(items) ? (items as JsonObject[]) : [];
}

/** A value in objects in an object: `maintenance.side`. */
function at(item: JsonObject, path: string): Json {
  return path
    .split('.')
    .reduce<Json>(
      (value, key) =>
        typeof value === 'object' && value !== null && !Array.isArray(value) ? (value[key] ?? null) : null,
      item,
    );
}
