import { useMemo } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import type { ServerQuery } from '../../api/servers.ts';
import type { Stage } from '../../api/types.ts';

/** Query parameters that narrow a list, beside the search. */
export const FILTERS = [
  'power_state',
  'availability_zone',
  'resource_class',
  'vendor',
  'rack',
  'owner',
  'attention',
] as const;
export type Filter = (typeof FILTERS)[number];

/** The API's name of a filter. */
const API_NAMES: Partial<Record<Filter, string>> = { resource_class: 'flavor' };

export const PAGE_SIZES = [20, 50, 100] as const;

export interface ListState {
  query: ServerQuery;
  search: string;
  filters: ReadonlyMap<Filter, string>;
  sort: { key: string; dir: 'asc' | 'desc' } | null;
  limit: number;
  /** Servers on the pages before this one. */
  before: number;
  setSearch(search: string): void;
  setFilter(filter: Filter, value: string | null): void;
  clear(): void;
  setSort(key: string): void;
  setLimit(limit: number): void;
  next(marker: string): void;
  previous(): void;
  first(): void;
}

/** Markers of the pages before, oldest first; '' is the first page. */
type Trail = { trail?: string[] } | null;

/** What a list shows stands in the address, so that it can be kept, sent, and gone back to. */
export function useListState(stage: Stage | null): ListState {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const location = useLocation();
  const trail = (location.state as Trail)?.trail ?? [];

  return useMemo<ListState>(() => {
    const search = params.get('q') ?? '';
    const filters = new Map<Filter, string>();
    for (const name of FILTERS) {
      const value = params.get(name);
      if (value !== null && value !== '') filters.set(name, value);
    }
    const key = params.get('sort');
    const sort =
      key === null ? null : { key, dir: params.get('dir') === 'desc' ? ('desc' as const) : ('asc' as const) };
    const limit = PAGE_SIZES.find((size) => String(size) === params.get('limit')) ?? PAGE_SIZES[1];
    const after = params.get('after');
    const query: Record<string, string> = { limit: String(limit) };
    if (stage !== null) query.stage = stage;
    if (search.trim() !== '') query.search = search.trim();
    for (const [name, value] of filters) query[API_NAMES[name] ?? name] = value;
    if (sort !== null) Object.assign(query, { sort_key: sort.key, sort_dir: sort.dir });
    if (after !== null) query.marker = after;

    /** Another list begins at its first page. */
    const change = (edit: (next: URLSearchParams) => void, replace = false): void => {
      const next = new URLSearchParams(params);
      edit(next);
      next.delete('after');
      void navigate({ search: next.toString() }, { replace });
    };
    const page = (marker: string, pages: string[]): void => {
      const next = new URLSearchParams(params);
      if (marker === '') next.delete('after');
      else next.set('after', marker);
      void navigate({ search: next.toString() }, { state: { trail: pages } satisfies Trail });
    };
    const set = (name: string, value: string | null) => (next: URLSearchParams) => {
      if (value === null || value === '') next.delete(name);
      else next.set(name, value);
    };
    return {
      ...{ query, search, filters, sort, limit, before: trail.length * limit },
      setSearch: (value) => change(set('q', value), true),
      setFilter: (name, value) => change(set(name, value)),
      clear: () => change((next) => ['q', ...FILTERS].map((name) => next.delete(name))),
      setSort: (wanted) =>
        change((next) => {
          const turn = sort?.key === wanted && sort.dir === 'asc';
          next.set('sort', wanted);
          set('dir', turn ? 'desc' : null)(next);
        }),
      setLimit: (size) => change(set('limit', String(size))),
      next: (marker) => page(marker, [...trail, after ?? '']),
      previous: () => page(trail.at(-1) ?? '', trail.slice(0, -1)),
      first: () => page('', []),
    };
  }, [params, navigate, trail, stage]);
}
