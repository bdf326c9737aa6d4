import { stringify } from 'yaml';
import type { Json, JsonObject } from '../lifecycle/json.ts';
import type { Output } from './command-row.ts';

export const FORMATS = ['table', 'json', 'yaml'] as const;
export type Format = (typeof FORMATS)[number];

/** The text for standard output, without a newline at its end. Pure. */
export function render(body: Json, output: Output, format: Format): string {
  if (output.kind === 'done' && (body === null || format === 'table')) return output.text;
  if (format === 'json') return JSON.stringify(body, null, 2);
  if (format === 'yaml') return stringify(body).trimEnd();
  if (output.kind === 'list') return table(listOf(body, output.key), output.columns);
  if (output.kind === 'made') return table(output.rows(body), output.columns);
  return itemTable(body as JsonObject, output.kind === 'item' ? output.columns : undefined);
}

/** The text for one event, without a newline at its end. Pure. */
export function renderEvent(event: string, data: Json, format: Format): string {
  if (format === 'json') return JSON.stringify({ event, data });
  if (format === 'yaml') return `---\n${stringify({ event, data }).trimEnd()}`;
  const item = typeof data === 'object' && data !== null && !Array.isArray(data) ? data : {};
  const told = EVENT_FIELDS.flatMap((field) =>
    item[field] === undefined || item[field] === null ? [] : [`${field}=${cell(item[field])}`],
  );
  return [event, ...told].join(' ');
}

/** What a line tells of an event, where it has it. */
const EVENT_FIELDS = [
  ...['uuid', 'name', 'stage', 'provision_state', 'target_provision_state', 'power_state', 'state'],
  ...['progress', 'attention', 'total', 'resumed'],
];

function listOf(body: Json, key: string): JsonObject[] {
  const items = (body as JsonObject)[key];
  return Array.isArray(items) ? (items as JsonObject[]) : [];
}

function itemTable(body: JsonObject, columns: readonly string[] | undefined): string {
  const names = columns ?? Object.keys(body);
  const rows = names.map((field) => ({ field, value: cell(at(body, field)) }));
  return table(rows, ['field', 'value']);
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

function cell(value: Json): string {
  if (value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  // What a name or a message holds must not move the terminal's cursor.
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => (char === '\n' ? ' ' : '\uFFFD'));
}

function table(items: readonly JsonObject[], columns: readonly string[]): string {
  const heads = columns.map((column) => column.split('.').at(-1) ?? column);
  const rows = items.map((item) => columns.map((column) => cell(at(item, column))));
  const widths = heads.map((head, index) =>
    Math.max(...[head, ...rows.map((row) => row[index] ?? '')].map(width)),
  );
  const rule = `+${widths.map((length) => '-'.repeat(length + 2)).join('+')}+`;
  const line = (cells: readonly string[]): string =>
    `|${cells.map((text, index) => ` ${text}${' '.repeat((widths[index] ?? 0) - width(text))} `).join('|')}|`;
  return [rule, line(heads), rule, ...rows.map(line), ...(rows.length === 0 ? [] : [rule])].join('\n');
}

const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u;

/** Columns of a terminal that a text takes. */
export function width(text: string): number {
  let columns = 0;
  for (const char of text) columns += WIDE.test(char) ? 2 : /\p{M}/u.test(char) ? 0 : 1;
  return columns;
}
