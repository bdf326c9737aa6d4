import { ask } from '../../api/http.ts';
import type { TableFacts } from './table-facts.ts';

/** A row of a table. */
export type Row = Record<string, unknown> & { uuid: string };

/** What a person knows a row by. */
export function nameOf(row: Row): string {
  for (const field of [
    'name',
    'address',
    'device',
    'what',
    'version',
    'description',
    'connector_id',
    'volume_id',
  ])
    if (typeof row[field] === 'string' && row[field] !== '') return row[field];
  return row.uuid;
}

/** A text that cannot turn what stands around it (Unicode: first strong isolate). */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}

type Writable = Pick<TableFacts, 'path' | 'api'>;

export function makeRow({ path }: Writable, values: Readonly<Record<string, unknown>>): Promise<Row> {
  return ask<Row>(path, { method: 'POST', body: values });
}

/** Changes fields; the bare metal API takes that as RFC 6902. */
export function changeRow(
  { path, api }: Writable,
  uuid: string,
  changes: Readonly<Record<string, unknown>>,
): Promise<Row> {
  const steps = Object.entries(changes).map(([name, value]) => ({ op: 'add', path: `/${name}`, value }));
  return ask<Row>(`${path}/${encodeURIComponent(uuid)}`, {
    method: 'PATCH',
    body: api === 'baremetal' ? steps : changes,
  });
}

export function removeRow({ path }: Writable, uuid: string): Promise<void> {
  return ask(`${path}/${encodeURIComponent(uuid)}`, { method: 'DELETE' });
}
