import { queryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';
import { serverPath } from './servers.ts';
import type { Baseline, Difference, Repair, Reservation, ServerDetail } from './types.ts';

/** Work at a server whose dates were proposed, newest first. */
export function repairs(uuid: string) {
  return queryOptions({
    queryKey: ['servers', 'repairs', uuid],
    queryFn: async ({ signal }) =>
      (await ask<{ repairs: Repair[] }>(`${serverPath(uuid)}/repairs`, { signal })).repairs,
  });
}

/** Agrees to the dates that are proposed. @throws ApiError 409: they are others now */
export async function agree(uuid: string, repair: string): Promise<void> {
  await ask(`${serverPath(uuid)}/repairs/${encodeURIComponent(repair)}/agree`, { method: 'POST', body: {} });
}

const WATCH_MS = 3000;

/** Who holds the server; looked at again while somebody does. */
export function reservation(uuid: string) {
  return queryOptions({
    queryKey: ['servers', 'reservation', uuid],
    queryFn: ({ signal }) => ask<Reservation>(`${serverPath(uuid)}/reservation`, { signal }),
    refetchInterval: ({ state: { data } }) => (data?.reserved === true || data?.job ? WATCH_MS : false),
  });
}

/** Takes the server away from the job that was seen. @throws ApiError 409: another holds it now */
export async function breakReservation(uuid: string, job: string | null): Promise<void> {
  const query = job === null ? '' : `?job=${encodeURIComponent(job)}`;
  await ask(`${serverPath(uuid)}/reservation${query}`, { method: 'DELETE' });
}

/** @param taken_at of the server: another baseline is another answer; null: there is none to ask for */
export function baseline(uuid: string, taken_at: string | null) {
  return queryOptions({
    queryKey: ['baseline', uuid, taken_at],
    queryFn: ({ signal }) => ask<Baseline>(`${serverPath(uuid)}/baseline`, { signal }),
    enabled: taken_at !== null,
  });
}

/** The BMC is read. @throws ApiError 409: not in this stage */
export async function takeBaseline(uuid: string): Promise<void> {
  await ask(`${serverPath(uuid)}/baseline`, { method: 'POST' });
}

export async function deleteBaseline(uuid: string): Promise<void> {
  await ask(`${serverPath(uuid)}/baseline`, { method: 'DELETE' });
}

/** In what the server differs from its baseline now: the BMC is read. */
export async function compareBaseline(uuid: string): Promise<Difference[]> {
  const { differences } = await ask<{ differences: Difference[] }>(
    `${serverPath(uuid)}/baseline/differences`,
  );
  return differences;
}

/** Begins or ends a quarantine. */
export async function quarantine(uuid: string, how: 'begin' | 'end', reason: string): Promise<ServerDetail> {
  const path = `${serverPath(uuid)}/quarantine${how === 'begin' ? '' : '/release'}`;
  return await ask<ServerDetail>(path, { method: 'POST', body: { reason } });
}

/** @param confirm the server's serial number; its uuid where none is known */
export async function dispose(
  uuid: string,
  body: { confirm: string } & Record<string, string>,
): Promise<void> {
  await ask(`${serverPath(uuid)}/dispose`, { method: 'POST', body });
}
