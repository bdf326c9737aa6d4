import {
  infiniteQueryOptions,
  keepPreviousData,
  type QueryClient,
  queryOptions,
} from '@tanstack/react-query';
import { ask } from './http.ts';
import type {
  Attempt,
  AuditEntry,
  Counts,
  Hardware,
  HistoryEntry,
  Registration,
  Sensors,
  Server,
  ServerDetail,
  ServerPage,
  ToolName,
} from './types.ts';

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

/** Begins to install the operating system of a profile. @throws ApiError 409: not now, or not this profile */
export async function deploy(uuid: string, profile: string): Promise<void> {
  await ask(`${serverPath(uuid)}/deploy`, { method: 'POST', body: { profile } });
}

/** Puts what was told of a server into the lists that show it. */
export function patchLists(client: QueryClient, server: Server): void {
  client.setQueriesData<ServerPage>({ queryKey: ['servers', 'list'] }, (page) => {
    if (page === undefined || !page.servers.some(({ uuid }) => uuid === server.uuid)) return page;
    return { ...page, servers: page.servers.map((one) => (one.uuid === server.uuid ? server : one)) };
  });
}

/** Work that is under way tells no event for each of its steps. */
const WATCH_MS = 2000;
const ATTEMPTS = 20;

/** What was tried with a server, newest first. */
export function timeline(uuid: string, limit: number = ATTEMPTS) {
  return queryOptions({
    queryKey: ['servers', 'timeline', uuid, limit],
    queryFn: ({ signal }) =>
      ask<{ attempts: Attempt[]; next?: string }>(`${serverPath(uuid)}/timeline?limit=${limit}`, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.attempts.some(({ finished_at }) => finished_at === null) === true ? WATCH_MS : false,
  });
}

export function hardware(uuid: string) {
  return queryOptions({
    queryKey: ['servers', 'hardware', uuid],
    queryFn: ({ signal }) => ask<Hardware>(`${serverPath(uuid)}/hardware`, { signal }),
  });
}

/** What the sensors say: the BMC is asked each time, while the page is looked at. */
export function sensors(uuid: string) {
  return queryOptions({
    queryKey: ['sensors', uuid],
    queryFn: ({ signal }) => ask<Sensors>(`${serverPath(uuid)}/sensors`, { signal }),
    refetchInterval: 5 * WATCH_MS,
    staleTime: 0,
    gcTime: 0,
  });
}

const ENTRIES = 50;

/** The states that a server was in, newest first; each page is one of the bare metal API's. */
export function stateHistory(uuid: string) {
  return infiniteQueryOptions({
    queryKey: ['servers', 'history', uuid],
    queryFn: async ({ signal, pageParam }) => {
      const marker = pageParam === null ? '' : `&marker=${pageParam}`;
      const path = `/v1/nodes/${uuid}/history?detail=true&sort_dir=desc&limit=${ENTRIES}${marker}`;
      return (await ask<{ history: Omit<HistoryEntry, 'until'>[] }>(path, { signal })).history;
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => (page.length < ENTRIES ? null : (page.at(-1)?.uuid ?? null)),
    select: ({ pages }): HistoryEntry[] =>
      pages.flat().map((entry, index, all) => ({ ...entry, until: all[index - 1]?.created_at ?? null })),
  });
}

/** Who did what to a server, newest first. */
export function audit(uuid: string) {
  return queryOptions({
    queryKey: ['servers', 'audit', uuid],
    queryFn: ({ signal }) => ask<{ audit: AuditEntry[] }>(`${serverPath(uuid)}/audit?limit=100`, { signal }),
  });
}

/** Attempts to register that failed, newest first. Only the system may see them. */
export function failedRegistrations() {
  return queryOptions({
    queryKey: ['registrations', 'failed'],
    queryFn: ({ signal }) =>
      ask<{ registrations: Registration[] }>(
        '/lifecycle/v1/registrations?state=failed&sort_dir=desc&limit=100',
        { signal },
      ),
    refetchInterval: 5 * WATCH_MS,
  });
}

/** Whether a server was told to be gone, since the page was opened. */
export function goneServer(uuid: string) {
  return queryOptions<boolean>({ queryKey: ['gone', uuid], initialData: false, enabled: false });
}
