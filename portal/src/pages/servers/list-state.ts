import { useMemo } from 'react';
import type { ServerQuery } from '../../api/servers.ts';
import type { Stage } from '../../api/types.ts';
import { type ListAddress, listQuery, useListAddress } from '../../parts/list-address.ts';

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

export interface ListState extends ListAddress<Filter> {
  query: ServerQuery;
}

/** The list of a stage, and what the API is asked for it. */
export function useListState(stage: Stage | null): ListState {
  const address = useListAddress(FILTERS);
  return useMemo<ListState>(() => {
    const query: Record<string, string> = listQuery(address);
    if (stage !== null) query.stage = stage;
    for (const [name, value] of address.filters) query[API_NAMES[name] ?? name] = value;
    return { ...address, query };
  }, [address, stage]);
}
