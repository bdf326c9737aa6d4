import { useMemo } from 'react';
import { useLocation, useNavigate, useSearchParams } from 'react-router';

export const PAGE_SIZES = [20, 50, 100] as const;

/** What part of a list is shown. */
export interface ListAddress<F extends string> {
  search: string;
  filters: ReadonlyMap<F, string>;
  sort: { key: string; dir: 'asc' | 'desc' } | null;
  limit: number;
  /** Marker of the page; null: the first one. */
  after: string | null;
  /** Rows on the pages before this one. */
  before: number;
  setSearch(search: string): void;
  setFilter(filter: F, value: string | null): void;
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
export function useListAddress<F extends string>(names: readonly F[]): ListAddress<F> {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const location = useLocation();
  const trail = (location.state as Trail)?.trail ?? [];

  return useMemo<ListAddress<F>>(() => {
    const search = params.get('q') ?? '';
    const filters = new Map<F, string>();
    for (const name of names) {
      const value = params.get(name);
      if (value !== null && value !== '') filters.set(name, value);
    }
    const key = params.get('sort');
    const sort =
      key === null ? null : { key, dir: params.get('dir') === 'desc' ? ('desc' as const) : ('asc' as const) };
    const limit = PAGE_SIZES.find((size) => String(size) === params.get('limit')) ?? PAGE_SIZES[1];
    const after = params.get('after');

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
      ...{ search, filters, sort, limit, after, before: trail.length * limit },
      setSearch: (value) => change(set('q', value), true),
      setFilter: (name, value) => change(set(name, value)),
      clear: () => change((next) => ['q', ...names].map((name) => next.delete(name))),
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
  }, [params, navigate, trail, names]);
}

/** What the APIs' lists are asked for it. */
export function listQuery({
  search,
  sort,
  limit,
  after,
}: Pick<ListAddress<string>, 'search' | 'sort' | 'limit' | 'after'>): Record<string, string> {
  return {
    limit: String(limit),
    ...(search.trim() === '' ? {} : { search: search.trim() }),
    ...(sort === null ? {} : { sort_key: sort.key, sort_dir: sort.dir }),
    ...(after === null ? {} : { marker: after }),
  };
}
