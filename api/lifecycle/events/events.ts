import { booleanOf } from '../../http/value-syntax.ts';
import type { LifecycleHandler } from '../handler.ts';
import { serverScope } from '../servers/access.ts';

/** GET /v1/events: what changes within the caller's sight, as server-sent events. */
export const watchEvents: LifecycleHandler = async ({ query, caller, headers }, api) => {
  const scope = serverScope(api, caller);
  const provider = api.policy.allows('lifecycle:server:get:provider', {}, caller);
  // What a browser sends by itself is newer than what the address said at first.
  const after = Number(headers['last-event-id'] ?? query.after ?? Number.NaN);
  const stream = await api.events.open({
    ...{ scope, provider, after: Number.isSafeInteger(after) ? after : null },
    follow: booleanOf(query.follow ?? 'true') !== false,
  });
  return {
    status: 200,
    headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
    stream,
  };
};
