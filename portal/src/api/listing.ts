import { infiniteQueryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';

const PAGE = '50';

type Page = { next?: string } & Record<string, unknown>;

/**
 * A list that an API gives page by page, each page with the link to the next.
 * @param path without a query.
 * @param member of the answer that has the rows; also the first word of the query's key.
 */
export function listing<T>(path: string, member: string, query: Readonly<Record<string, string>> = {}) {
  return infiniteQueryOptions({
    queryKey: [member, 'pages', path, query],
    queryFn: ({ signal, pageParam }) => {
      const asked = { limit: PAGE, ...query, ...(pageParam === '' ? {} : { marker: pageParam }) };
      return ask<Page>(`${path}?${new URLSearchParams(asked)}`, { signal });
    },
    initialPageParam: '',
    getNextPageParam: ({ next }) =>
      next === undefined ? null : new URL(next, location.origin).searchParams.get('marker'),
    select: ({ pages }) => pages.flatMap((page) => page[member] as T[]),
  });
}
