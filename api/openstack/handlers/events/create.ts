import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { Handler } from '../../handler.ts';

/** POST /v1/events: Neutron tells what became of ports. Logged, as Ironic does; nothing waits for them. */
export const createEvents: Handler = (request, api) => {
  api.policy.authorize('baremetal:events:post', {}, request.caller);
  const { request_id } = request.caller;
  for (const event of (request.body as { events: JsonObject[] }).events) {
    api.log.info({ request_id, ...event }, 'network event');
  }
  return { status: 204 };
};
