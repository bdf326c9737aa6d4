import type { AuditFilter } from '../../db/store.ts';
import type { AuditOutcome } from '../../lifecycle/audit.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import { isUuidLike } from '../http/value-syntax.ts';
import type { ApiRequest } from '../openstack/handler.ts';
import type { LifecycleApi, LifecycleHandler } from './handler.ts';
import { isoTime, readTime } from './iso-time.ts';
import { readLimit } from './page.ts';
import { findServer } from './servers/access.ts';

/** GET /v1/servers/{server}/audit: who did what to the server, newest first. */
export const listServerAudit: LifecycleHandler = async (request, api) => {
  const { server } = await findServer(api, request, 'lifecycle:audit:get');
  return page(request, api, { node_uuid: server.uuid }, `servers/${server.uuid}/audit`);
};

/**
 * GET /v1/audit: who did what, newest first; a project sees what was done in its name. A server that is gone is named by its uuid.
 */
export const listAudit: LifecycleHandler = async (request, api) => {
  const { server, project, user, action, outcome, request_id, since, until } = request.query;
  const seen = sight(request, api, project);
  const filter: AuditFilter = {
    ...(seen === undefined ? {} : { project: seen }),
    ...(user === undefined ? {} : { user }),
    ...(action === undefined ? {} : { action }),
    ...(outcome === undefined ? {} : { outcome: outcome as AuditOutcome }),
    ...(request_id === undefined ? {} : { request_id }),
    ...(server === undefined ? {} : { node_uuid: await uuidOf(api, request, server) }),
    ...(since === undefined ? {} : { since: Number(readTime('since', since)) }),
    ...(until === undefined ? {} : { until: Number(readTime('until', until)) }),
  };
  return page(request, api, filter, 'audit');
};

/** The project whose entries are shown; undefined: of all. @throws NotAuthorized */
function sight({ caller }: ApiRequest, { policy }: LifecycleApi, wanted: string | undefined) {
  if (policy.allows('lifecycle:audit:list_all', {}, caller)) return wanted;
  policy.authorize('lifecycle:audit:list', {}, caller);
  if (caller.project_id === null || (wanted !== undefined && wanted !== caller.project_id))
    policy.authorize('lifecycle:audit:list_all', {}, caller);
  return caller.project_id ?? '';
}

/** @throws NotFound */
async function uuidOf(api: LifecycleApi, { caller }: ApiRequest, server: string): Promise<string> {
  if (isUuidLike(server)) return server.toLowerCase();
  return (await findServer(api, { params: { server }, caller })).server.uuid;
}

/** `marker` is the number of the last entry of the page before. */
async function page({ query, base_url }: ApiRequest, api: LifecycleApi, filter: AuditFilter, path: string) {
  const limit = readLimit(query.limit, api.settings.api.max_limit);
  const before_id = query.marker === undefined ? null : Number(query.marker);
  if (before_id !== null && !(Number.isSafeInteger(before_id) && before_id > 0))
    throw serviceError('InvalidParameterValue', { why: 'marker must be the number of an entry.' });
  // One more than shown tells whether there is a next page.
  const found = await api.store.audit.list({
    ...filter,
    limit: limit + 1,
    ...(before_id === null ? {} : { before_id }),
  });
  const shown = found.slice(0, limit);
  const more = new URLSearchParams({
    ...query,
    limit: String(limit),
    marker: String(shown.at(-1)?.id ?? ''),
  });
  const next = found.length > limit ? { next: `${base_url}/lifecycle/v1/${path}?${more.toString()}` } : {};
  const entries = shown.map(
    ({ id, created_at, node_uuid, action, outcome, user, project, request_id, detail }) => ({
      ...{ id, created_at: isoTime(created_at), server_uuid: node_uuid, action, outcome },
      ...{ user, project, request_id, detail },
    }),
  );
  return { status: 200, body: { audit: entries, ...next } };
}
