import { keepPreviousData, type QueryClient, queryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';
import type { Counts, Server, ServerDetail, ServerPage, ToolName } from './types.ts';

/** Query parameters of GET /lifecycle/v1/servers. */
export type ServerQuery = Readonly<Record<string, string>>;

const ROOT = '/lifecycle/v1/servers';

export function serverPath(uuid: string): string {
  return `${ROOT}/${encodeURIComponent(uuid)}`;
}

/** A page of servers. */
export function serverList(query: ServerQuery) {
  return queryOptions({
    queryKey: ['servers', 'list', query],
    queryFn: ({ signal }) => ask<ServerPage>(`${ROOT}?${new URLSearchParams(query)}`, { signal }),
    placeholderData: keepPreviousData,
  });
}

/** How many servers are in each stage. */
export function serverCounts() {
  return queryOptions({
    queryKey: ['counts'],
    queryFn: ({ signal }) => ask<Counts>(`${ROOT}/counts`, { signal }),
  });
}

/** A server, with what may be done with it now. */
export function serverDetail(uuid: string) {
  return queryOptions({
    queryKey: ['servers', 'one', uuid],
    queryFn: ({ signal }) => ask<ServerDetail>(serverPath(uuid), { signal }),
  });
}

/** Begins an action. @throws ApiError 409 with the reason why not now */
export async function act(uuid: string, tool: ToolName, body?: object): Promise<ServerDetail> {
  return await ask<ServerDetail>(`${serverPath(uuid)}/actions/${tool}`, {
    method: 'POST',
    ...(body === undefined ? {} : { body }),
  });
}

/** Puts what was told of a server into the lists that show it. */
export function patchLists(client: QueryClient, server: Server): void {
  client.setQueriesData<ServerPage>({ queryKey: ['servers', 'list'] }, (page) => {
    if (page === undefined || !page.servers.some(({ uuid }) => uuid === server.uuid)) return page;
    return { ...page, servers: page.servers.map((one) => (one.uuid === server.uuid ? server : one)) };
  });
}
