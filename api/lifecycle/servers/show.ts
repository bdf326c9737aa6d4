import { nodeTarget } from '../../openstack/node-access.ts';
import type { LifecycleApi, LifecycleHandler } from '../handler.ts';
import { isoTime } from '../iso-time.ts';
import { type FoundServer, findServer, sideOf } from './access.ts';
import { upkeepView } from './upkeep.ts';
import { serverDetail } from './view.ts';

/** GET /v1/servers/{server} */
export const showServer: LifecycleHandler = async (request, api) => {
  const found = await findServer(api, request);
  const { caller } = request;
  const provider = api.policy.allows('lifecycle:server:get:provider', {}, caller);
  const side = sideOf(api, found.server, caller);
  const looks_only =
    side === 'customer' && !api.policy.allows('lifecycle:server:use', nodeTarget(found.server), caller);
  const body = serverDetail(found, side, provider, looks_only);
  if (!provider) return { status: 200, body };
  return {
    status: 200,
    body: { ...body, ...upkeepView(found), baseline_taken_at: await baselineTime(api, found) },
  };
};

/** When what the server is brought back to was taken; null: there is no baseline. */
async function baselineTime({ store }: LifecycleApi, { server }: FoundServer): Promise<string | null> {
  const [taken] = await store.server_baselines.list({
    where: { uuid: server.uuid },
    fields: ['created_at', 'updated_at'],
  });
  return taken === undefined ? null : isoTime(taken.updated_at ?? taken.created_at);
}
