import { serviceError } from '../../../lifecycle/errors.ts';
import type { LifecycleHandler } from '../handler.ts';
import { isoTime } from '../iso-time.ts';
import { readLimit } from '../page.ts';
import { findServer } from './access.ts';

/** GET /v1/servers/{server}/audit: who did what to the server, newest first. `marker` is the number of the last entry of the page before. */
export const listServerAudit: LifecycleHandler = async (request, api) => {
  const { server } = await findServer(api, request, 'lifecycle:audit:get');
  const { query } = request;
  const limit = readLimit(query.limit, api.settings.api.max_limit);
  const before_id = query.marker === undefined ? null : Number(query.marker);
  if (before_id !== null && !(Number.isSafeInteger(before_id) && before_id > 0))
    throw serviceError('InvalidParameterValue', { why: 'marker must be the number of an entry.' });
  // One more than shown tells whether there is a next page.
  const found = await api.store.audit.list({
    node_uuid: server.uuid,
    limit: limit + 1,
    ...(before_id === null ? {} : { before_id }),
  });
  const page = found.slice(0, limit);
  const path = `${request.base_url}/lifecycle/v1/servers/${server.uuid}/audit`;
  const next = found.length > limit ? { next: `${path}?limit=${limit}&marker=${page.at(-1)?.id ?? ''}` } : {};
  const entries = page.map(({ id, created_at, action, user, project, request_id, detail }) => ({
    ...{ id, created_at: isoTime(created_at), action, user, project, request_id, detail },
  }));
  return { status: 200, body: { audit: entries, ...next } };
};
