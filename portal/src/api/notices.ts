import { ask } from './http.ts';
import type { Notice } from './types.ts';

export const NOTICES = '/lifecycle/v1/notices';

const path = (uuid: string): string => `${NOTICES}/${encodeURIComponent(uuid)}`;

/** @throws ApiError 409: it was not given up */
export async function retryNotice(uuid: string): Promise<Notice> {
  return await ask<Notice>(`${path(uuid)}/retry`, { method: 'POST' });
}

export async function dropNotice(uuid: string): Promise<void> {
  await ask(path(uuid), { method: 'DELETE' });
}
