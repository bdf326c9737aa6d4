import { queryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';
import { serverPath } from './servers.ts';

/** An account on a BMC that was handed out. Times are ISO 8601. */
export interface Lease {
  uuid: string;
  user: string | null;
  access: 'direct' | 'gateway';
  role: 'read-only' | 'operator';
  username: string;
  /** Only in the answer that made it. */
  password?: string;
  address: string | null;
  state: 'pending' | 'active' | 'revoking' | 'revoked';
  last_error: string | null;
  expires_at: string;
}

export function leases(server: string) {
  return queryOptions({
    queryKey: ['leases', server],
    queryFn: async ({ signal }) =>
      (await ask<{ bmc_leases: Lease[] }>(`${serverPath(server)}/bmc-leases`, { signal })).bmc_leases,
  });
}

/** @throws ApiError 409 with the reason why not now */
export async function makeLease(server: string, body: object): Promise<Lease> {
  return await ask<Lease>(`${serverPath(server)}/bmc-leases`, { method: 'POST', body });
}

export async function revokeLease(server: string, lease: string): Promise<Lease> {
  return await ask<Lease>(`${serverPath(server)}/bmc-leases/${lease}`, { method: 'DELETE' });
}
