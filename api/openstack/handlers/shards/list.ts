import type { Handler } from '../../handler.ts';

/** GET /v1/shards: largest first; nodes without one count under null. */
export const listShards: Handler = async (request, api) => {
  api.policy.authorize('baremetal:shards:get', {}, request.caller);
  return { status: 200, body: { shards: await api.store.nodes.countByShard() } };
};
