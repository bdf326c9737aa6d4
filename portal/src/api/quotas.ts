import { queryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';
import type { Quota } from './types.ts';

export const QUOTAS = '/lifecycle/v1/quotas';

const path = (project: string): string => `${QUOTAS}/${encodeURIComponent(project)}`;

/** How many servers a project may have, has and awaits. */
export function quotaOf(project: string) {
  return queryOptions({
    queryKey: ['quotas', 'one', project],
    queryFn: ({ signal }) => ask<Quota>(path(project), { signal }),
    enabled: project !== '',
  });
}

export async function setQuota(project: string, servers: number): Promise<Quota> {
  return await ask<Quota>(path(project), { method: 'PUT', body: { servers } });
}

/** null: as many as there are. */
export function leftOf({ servers, used, ordered }: Quota): number | null {
  return servers === null ? null : Math.max(0, servers - used - ordered);
}
