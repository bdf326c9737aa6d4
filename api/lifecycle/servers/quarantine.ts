import { serviceError } from '../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { NO_QUARANTINE, type ServerFacts, type ServerRecord } from '../../../lifecycle/server-record.ts';
import type { ApiRequest } from '../../openstack/handler.ts';
import { auditServer } from '../audit.ts';
import type { LifecycleApi, LifecycleHandler } from '../handler.ts';
import { findServer } from './access.ts';
import { refuseUpkeep } from './upkeep.ts';
import { serverDetail } from './view.ts';

const RULE = 'lifecycle:server:quarantine';

/** POST /v1/servers/{server}/quarantine: keeps it out of stock. @throws Conflict */
export const quarantineServer: LifecycleHandler = async (request, api) => {
  const found = await findServer(api, request, RULE);
  refuseUpkeep('quarantine', found);
  const { server, node } = found;
  // Out of stock first: nobody can order it from here on.
  if (node?.provision_state === 'available')
    await api.conductor.provision(node, 'manage', {}, request.caller);
  const { user_name, user_id } = request.caller;
  const since = await api.store.now();
  return change(request, api, server, {
    ...{ quarantined: true, quarantined_at: since, quarantined_by: user_name ?? user_id },
    quarantine_reason: reasonOf(request),
  });
};

/** POST /v1/servers/{server}/quarantine/release. @throws Conflict */
export const releaseServer: LifecycleHandler = async (request, api) => {
  const found = await findServer(api, request, RULE);
  refuseUpkeep('release', found);
  return change(request, api, found.server, NO_QUARANTINE);
};

const reasonOf = ({ body }: ApiRequest): string => String((body as { reason: string }).reason);

async function change(
  request: ApiRequest,
  api: LifecycleApi,
  { uuid, quarantined }: ServerRecord,
  changes: Partial<ServerFacts>,
): Promise<{ status: number; body: JsonObject }> {
  const { caller } = request;
  await api.store.transaction(async (tables) => {
    if ((await tables.servers.update(uuid, changes, { quarantined })) === null)
      throw serviceError('Conflict', { why: `The server ${uuid} was changed meanwhile. Look at it again.` });
    const action = quarantined ? 'quarantine-release' : 'quarantine';
    await auditServer(tables, api, uuid, caller, action, { reason: reasonOf(request) });
  });
  const found = await findServer(api, { ...request, params: { server: uuid } });
  const provider = api.policy.allows('lifecycle:server:get:provider', {}, caller);
  return { status: 200, body: serverDetail(found, 'provider', provider) };
}
