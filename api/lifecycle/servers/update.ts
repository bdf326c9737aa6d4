import { changedFields } from '../../../lifecycle/audit-changes.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { ServerFacts } from '../../../lifecycle/server-record.ts';
import { auditServer } from '../audit.ts';
import type { LifecycleHandler } from '../handler.ts';
import { readTimes } from '../iso-time.ts';
import { findServer, sideOf } from './access.ts';
import { serverDetail, serverView } from './view.ts';

/** PATCH /v1/servers/{server}: some fields with their new values; null empties one. */
export const updateServer: LifecycleHandler = async (request, api) => {
  const found = await findServer(api, request, 'lifecycle:server:update');
  const { uuid } = found.server;
  // The document has checked which fields there are, and their types.
  const body = request.body as JsonObject;
  const times = readTimes(body, ['purchased_at', 'racked_at', 'warranty_until']);
  const changes = { ...body, ...times } as Partial<ServerFacts>;
  const { caller } = request;
  const server = await api.store.transaction(async (tables) => {
    const changed = await tables.servers.update(uuid, changes);
    if (changed === null) throw serviceError('NotFound', { kind: 'Server', ident: uuid });
    const [was, is] = [serverView(found.server, true), serverView(changed, true)];
    const detail = { fields: Object.keys(body), changes: changedFields(picked(was, body), picked(is, body)) };
    await auditServer(tables, api, uuid, caller, 'server-update', detail);
    return changed;
  });
  const provider = api.policy.allows('lifecycle:server:get:provider', {}, caller);
  return {
    status: 200,
    body: serverDetail({ ...found, server }, sideOf(api, server, caller), provider),
  };
};

/** The fields of a view that `body` names. */
function picked(view: JsonObject, body: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(body).map((field) => [field, view[field] ?? null]));
}
