import type { LifecycleHandler } from '../handler.ts';
import { findServer, sideOf } from './access.ts';
import { serverDetail } from './view.ts';

/** GET /v1/servers/{server} */
export const showServer: LifecycleHandler = async (request, api) => {
  const found = await findServer(api, request);
  const { caller } = request;
  const provider = api.policy.allows('lifecycle:server:get:provider', {}, caller);
  return { status: 200, body: serverDetail(found, sideOf(api, found.server, caller), provider) };
};
