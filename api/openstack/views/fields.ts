import type { Json, JsonObject } from '../../../lifecycle/json.ts';
import type { Stored } from '../../../lifecycle/records.ts';
import { type FieldView, jsonText } from './view.ts';

/** The field views that resources share. */

/** ISO 8601 in UTC with an offset, as Ironic writes it: `2026-01-02T03:04:05+00:00`. */
export function timestamp(ms: number | null): string | null {
  return ms === null ? null : `${new Date(ms).toISOString().slice(0, 19)}+00:00`;
}

/** The value as stored. */
export function plain<R, K extends keyof R & string>(column: K): FieldView<R> {
  return { columns: [column], of: (record) => (record[column] ?? null) as Json };
}

/** An object or list column: null shows as empty. */
export function structure<R, K extends keyof R & string>(
  column: K,
  empty: JsonObject | Json[] = {},
): FieldView<R> {
  return { columns: [column], of: (record) => (record[column] ?? empty) as Json };
}

/** A time column. */
export function time<R, K extends keyof R & string>(column: K): FieldView<R> {
  return { columns: [column], of: (record) => timestamp(record[column] as number | null) };
}

/** `links` of an object: `<base>/v1/<collection>/<ident>` and the bookmark without the version. */
export function links<R, K extends keyof R & string>(collection: string, column: K): FieldView<R> {
  return {
    columns: [column],
    ...linked((record) => `${collection}/${String(record[column])}`),
  };
}

/** A link pair to something below the object. */
export function subLinks<R, K extends keyof R & string>(
  collection: string,
  column: K,
  below: string,
): FieldView<R> {
  return {
    columns: [column],
    ...linked((record) => `${collection}/${String(record[column])}/${below}`),
  };
}

function linked<R>(pathOf: (record: R) => string): Pick<FieldView<R>, 'of' | 'text'> {
  return {
    of: (record, context) => linkPair(context.base_url, pathOf(record)),
    text(record, { base_url }) {
      const path = pathOf(record);
      const self = jsonText(`${base_url}/v1/${path}`);
      return `[{"href":${self},"rel":"self"},{"href":${jsonText(`${base_url}/${path}`)},"rel":"bookmark"}]`;
    },
  };
}

/** [self, bookmark] of a path below the version. */
export function linkPair(base_url: string, path: string): Json {
  return [
    { href: `${base_url}/v1/${path}`, rel: 'self' },
    { href: `${base_url}/${path}`, rel: 'bookmark' },
  ];
}

/** created_at and updated_at. */
export function stamps<R extends Stored>(): { created_at: FieldView<R>; updated_at: FieldView<R> } {
  return { created_at: time('created_at'), updated_at: time('updated_at') };
}
