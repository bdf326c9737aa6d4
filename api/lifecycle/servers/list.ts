import { serviceError } from '../../../lifecycle/errors.ts';
import type { ServerRecord } from '../../../lifecycle/server-record.ts';
import { requireUuid } from '../../http/value-syntax.ts';
import type { LifecycleHandler } from '../handler.ts';
import { readLimit } from '../page.ts';
import { serverFilter } from './filters.ts';
import { serverView } from './view.ts';

/** GET /v1/servers: a page of what the caller may see, and how many there are in all. */
export const listServers: LifecycleHandler = async (request, api) => {
  const { query, caller } = request;
  const filter = serverFilter(request, api);
  const limit = readLimit(query.limit, api.settings.api.max_limit);
  const sort_key = query.sort_key as (keyof ServerRecord & string) | undefined;
  const after =
    query.marker === undefined ? null : await api.store.servers.get(requireUuid(query.marker).toLowerCase());
  if (query.marker !== undefined && after === null)
    throw serviceError('NotFound', { kind: 'Marker', ident: query.marker });
  // One more than shown tells whether there is a next page.
  const listing = api.store.servers.list({
    ...filter,
    limit: limit + 1,
    sort_dir: query.sort_dir === 'desc' ? 'desc' : 'asc',
    ...(sort_key === undefined ? {} : { sort_key }),
    ...(after === null ? {} : { after_id: after.id }),
  });
  // A search reads every row, and mostly finds few: what fits the first page is not counted again.
  const counting = filter.search === undefined ? api.store.servers.count(filter) : null;
  const [found, counted] = await Promise.all([listing, counting]);
  const whole = after === null && found.length <= limit;
  const total = counted ?? (whole ? found.length : await api.store.servers.count(filter));
  const shown = found.slice(0, limit);
  const provider = api.policy.allows('lifecycle:server:get:provider', {}, caller);
  const last = shown.at(-1);
  const next =
    found.length > limit && last !== undefined
      ? { next: `${request.base_url}/lifecycle/v1/servers?${nextQuery(query, limit, last.uuid)}` }
      : {};
  return { status: 200, body: { servers: shown.map((one) => serverView(one, provider)), total, ...next } };
};

/** The query of the next page: the same filters and order. */
function nextQuery(query: Readonly<Record<string, string>>, limit: number, marker: string): string {
  return new URLSearchParams({ ...query, limit: String(limit), marker }).toString();
}
