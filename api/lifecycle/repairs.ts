import { serviceError } from '../../lifecycle/errors.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { repairState, type WorkOrderRecord } from '../../lifecycle/work-orders.ts';
import { isUuidLike } from '../http/value-syntax.ts';
import { nodeTarget } from '../openstack/node-access.ts';
import { auditServer } from './audit.ts';
import type { LifecycleHandler } from './handler.ts';
import { isoTime } from './iso-time.ts';
import { findServer } from './servers/access.ts';

const MOST = 100;

/** GET /v1/servers/{server}/repairs: work on a server that has dates, newest first; its customer sees it too. */
export const listRepairs: LifecycleHandler = async (request, api) => {
  const { server } = await findServer(api, request);
  const all = await api.store.work_orders.list({
    where: { server_uuid: server.uuid },
    sort_dir: 'desc',
    limit: MOST,
  });
  const dated = all.filter(({ proposed_from }) => proposed_from !== null);
  return { status: 200, body: { repairs: dated.map(repairView) } };
};

/** POST /v1/servers/{server}/repairs/{work_order}/agree: to the dates that were proposed, or to some within them. @throws Conflict */
export const agreeRepair: LifecycleHandler = async (request, api) => {
  const { server } = await findServer(api, request);
  const { caller, params } = request;
  api.policy.authorize('lifecycle:server:use', nodeTarget(server), caller);
  const ident = params.work_order ?? '';
  const found = isUuidLike(ident) ? await api.store.work_orders.get(ident.toLowerCase()) : null;
  if (found?.server_uuid !== server.uuid || found.proposed_from === null)
    throw serviceError('NotFound', { kind: 'Repair', ident });
  const { uuid, proposed_from, proposed_until } = found;
  const { by } = (request.body ?? {}) as { by?: string };
  const agreed_by = by ?? caller.user_name ?? caller.user_id;
  const agreed = await api.store.transaction(async (tables) => {
    const agreed_at = await tables.now();
    const changed = await tables.work_orders.update(
      uuid,
      { agreed_from: proposed_from, agreed_until: proposed_until, agreed_at, agreed_by },
      // The dates that the caller has seen, or those before: others were never agreed to.
      { state: 'open', proposed_from, proposed_until, agreed_at: null },
    );
    if (changed === null)
      throw serviceError('Conflict', {
        why: 'The repair is over, was agreed to, or has other dates now. Look at it again.',
      });
    await auditServer(tables, api, server.uuid, caller, 'repair-agree', { uuid, by: agreed_by });
    return changed;
  });
  return { status: 200, body: repairView(agreed) };
};

function repairView(order: WorkOrderRecord): JsonObject {
  const { uuid, kind, what, hot, state, agreed_by } = order;
  return {
    ...{ uuid, kind, what, hot, state, repair_state: repairState(order) },
    ...{ proposed_from: isoTime(order.proposed_from), proposed_until: isoTime(order.proposed_until) },
    ...{ agreed_from: isoTime(order.agreed_from), agreed_until: isoTime(order.agreed_until) },
    ...{ agreed_at: isoTime(order.agreed_at), agreed_by, done_at: isoTime(order.done_at) },
  };
}
