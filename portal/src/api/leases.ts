import { queryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';
import { serverPath } from './servers.ts';
import type { Lease } from './types.ts';

/** Accounts change by their end and by others too, and no event tells of it. */
const LOOK_MS = 5000;

export function leases(server: string) {
  return queryOptions({
    queryKey: ['leases', server],
    queryFn: async ({ signal }) =>
      (await ask<{ bmc_leases: Lease[] }>(`${serverPath(server)}/bmc-leases`, { signal })).bmc_leases,
    refetchInterval: ({ state }) => (state.data?.some(({ state }) => state !== 'revoked') ? LOOK_MS : false),
  });
}

/** @throws ApiError 409 with the reason why not now */
export async function makeLease(server: string, body: object): Promise<Lease> {
  return await ask<Lease>(`${serverPath(server)}/bmc-leases`, { method: 'POST', body });
}

export async function revokeLease(server: string, lease: string): Promise<Lease> {
  return await ask<Lease>(`${serverPath(server)}/bmc-leases/${lease}`, { method: 'DELETE' });
}
