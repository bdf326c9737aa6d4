import { serviceError } from '../../lifecycle/errors.ts';
import type { Json } from '../../lifecycle/json.ts';
import { TextPieces } from '../http/text-pieces.ts';
import { booleanOf, wordList } from '../http/value-syntax.ts';
import type { Api, ApiRequest } from './handler.ts';
import type { FieldName, ResourceName } from './microversions.ts';
import { checkField, type ResourceView, type Selection } from './views/view.ts';

/** What a list request says about its page (reference: errors and conventions, 7). */
export interface Page<K extends string> {
  limit: number;
  marker: string | undefined;
  sort_key: K | undefined;
  sort_dir: 'asc' | 'desc';
  selection: Selection;
}

type Sortable<R> = keyof R & string;

/**
 * Reads limit, marker, sort_key, sort_dir, fields and detail.
 * @throws InvalidParameterValue, NotAcceptable
 */
export function readPage<N extends ResourceName, R>(
  request: ApiRequest,
  api: Api,
  view: ResourceView<N, R>,
): Page<Sortable<R>> {
  const { query } = request;
  return {
    limit: readLimit(query.limit, api.settings.api.max_limit),
    marker: query.marker,
    sort_key: readSortKey(query.sort_key, request.minor, view),
    sort_dir: query.sort_dir === 'desc' ? 'desc' : 'asc',
    selection: readSelection(request),
  };
}

/** `fields` and `detail` of a list. @throws InvalidParameterValue when both are given. */
export function readSelection(request: ApiRequest): Selection {
  const { fields, detail } = request.query;
  const all = detail !== undefined && booleanOf(detail) === true;
  if (fields === undefined) return all || request.operation.endsWith('.detail') ? 'all' : 'list';
  if (all) {
    throw serviceError('InvalidParameterValue', {
      why: "Can't fetch a subset of fields with 'detail' set.",
    });
  }
  return wordList(fields);
}

/** `fields` of a single object. */
export function readFields(request: ApiRequest): Selection {
  return request.query.fields === undefined ? 'all' : wordList(request.query.fields);
}

function readLimit(limit: string | undefined, max_limit: number): number {
  if (limit === undefined) return max_limit;
  const wanted = Number(limit);
  if (wanted <= 0) throw serviceError('InvalidParameterValue', { why: 'Limit must be positive' });
  return Math.min(wanted, max_limit);
}

function readSortKey<N extends ResourceName, R>(
  sort_key: string | undefined,
  minor: number,
  view: ResourceView<N, R>,
): Sortable<R> | undefined {
  if (sort_key === undefined || sort_key === 'id') return undefined;
  checkField(view.resource, sort_key, minor);
  if (view.unsortable.includes(sort_key as FieldName<N>)) {
    throw serviceError('InvalidParameterValue', {
      why: `The sort_key value "${sort_key}" is an invalid field for sorting.`,
    });
  }
  return sort_key as Sortable<R>;
}

export interface Listing {
  /** Key of the reply that holds the items. */
  key: string;
  /** Path of the next link below /v1; default: the key. */
  path?: string;
  items: Json[];
  /** Value of `marker` in the next link: the last record seen. */
  last: string | undefined;
  /** Whether there may be more. */
  full: boolean;
  /** Filters that survive in the next link. */
  keep?: Readonly<Record<string, string | undefined>>;
}

/** The body of a list: items and, when there may be more, `next`. */
export function listBody(request: ApiRequest, page: Page<string>, listing: Listing): Record<string, Json> {
  const body: Record<string, Json> = { [listing.key]: listing.items };
  if (!listing.full || listing.last === undefined) return body;
  const kept: [string, string][] = [
    ['sort_key', page.sort_key ?? 'id'],
    ['sort_dir', page.sort_dir],
  ];
  for (const [name, value] of Object.entries(listing.keep ?? {}))
    if (value !== undefined) kept.push([name, value]);
  if (typeof page.selection !== 'string') kept.push(['fields', page.selection.join(',')]);
  if (request.query.detail !== undefined) kept.push(['detail', request.query.detail]);
  kept.push(['limit', String(page.limit)], ['marker', listing.last]);
  const query = kept
    .map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll('%2C', ',')}`)
    .join('&');
  body.next = `${request.base_url}/v1/${listing.path ?? listing.key}?${query}`;
  return body;
}

/** The body of a list whose items are JSON text already: as it goes along. */
export class ListPieces {
  readonly #text = new TextPieces();
  #items = 0;

  constructor(key: string) {
    this.#text.add(`{${JSON.stringify(key)}:[`);
  }

  add(item: string): void {
    this.#text.add(this.#items++ === 0 ? item : `,${item}`);
  }

  end(request: ApiRequest, page: Page<string>, listing: Omit<Listing, 'items'>): Buffer[] {
    const { next } = listBody(request, page, { ...listing, items: [] });
    this.#text.add(next === undefined ? ']}' : `],"next":${JSON.stringify(next)}}`);
    return this.#text.end();
  }
}

/** True when `word` is a true boolean. */
export function isTrue(word: string | undefined): boolean {
  return word !== undefined && booleanOf(word) === true;
}
