import { queryOptions } from '@tanstack/react-query';
import { ask } from './http.ts';

/** An ISO image that a project brought. Times are ISO 8601. */
export interface Iso {
  uuid: string;
  name: string;
  project: string | null;
  user: string | null;
  size_bytes: number;
  /** Where the next part begins. */
  received_bytes: number;
  /** Most bytes of a part. */
  part_bytes: number;
  sha256: string | null;
  state: 'uploading' | 'ready' | 'refused';
  expires_at: string;
  created_at: string;
}

const ROOT = '/lifecycle/v1/isos';

export function isoList() {
  return queryOptions({
    queryKey: ['isos'],
    queryFn: async ({ signal }) => (await ask<{ isos: Iso[] }>(ROOT, { signal })).isos,
  });
}

/** @throws ApiError 409: the project has as many as it may */
export async function announceIso(
  body: { name: string; size_bytes: number; sha256?: string },
  signal: AbortSignal,
): Promise<Iso> {
  return await ask<Iso>(ROOT, { method: 'POST', body, signal });
}

export async function readIso(uuid: string, signal: AbortSignal): Promise<Iso> {
  return await ask<Iso>(`${ROOT}/${uuid}`, { signal });
}

/** Sends the part that begins at `offset`. @throws ApiError 409: it is not the next part, or the last one made another checksum */
export async function sendPart(
  uuid: string,
  offset: number,
  content: Blob,
  signal: AbortSignal,
): Promise<Iso> {
  return await ask<Iso>(`${ROOT}/${uuid}/content?offset=${offset}`, { method: 'PUT', content, signal });
}

export async function deleteIso(uuid: string): Promise<void> {
  await ask(`${ROOT}/${uuid}`, { method: 'DELETE' });
}
