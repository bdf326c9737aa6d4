import type { Match, ServerFilter } from '../../../db/store.ts';
import type { PowerState } from '../../../lifecycle/power.ts';
import type { ServerRecord } from '../../../lifecycle/server-record.ts';
import type { Stage } from '../../../lifecycle/stages.ts';
import type { ProvisionState } from '../../../lifecycle/states.ts';
import { flavorIs, modelIs } from '../../../lifecycle/stock.ts';
import { booleanOf } from '../../http/value-syntax.ts';
import type { ApiRequest } from '../../openstack/handler.ts';
import type { LifecycleApi } from '../handler.ts';
import { serverScope } from './access.ts';

/** Query parameters that are a field's value. */
const SAME = ['availability_zone', 'vendor', 'rack', 'owner', 'lessee'] as const;

/** The filters of lists and counts of servers. @throws NotAuthorized */
export function serverFilter(request: ApiRequest, api: LifecycleApi): ServerFilter & { scope: object } {
  const { query } = request;
  const where: Match<ServerRecord> = {};
  for (const field of SAME) if (query[field] !== undefined) where[field] = query[field];
  // The document's enums have been checked.
  if (query.stage !== undefined) where.stage = query.stage as Stage;
  if (query.provision_state !== undefined) where.provision_state = query.provision_state as ProvisionState;
  if (query.power_state !== undefined) where.power_state = query.power_state as PowerState;
  if (query.order !== undefined) where.order_uuid = query.order.toLowerCase();
  if (query.attention !== undefined) where.attention = booleanOf(query.attention) === true;
  if (query.quarantined !== undefined) where.quarantined = booleanOf(query.quarantined) === true;
  if (query.retired !== undefined) where.retired = booleanOf(query.retired) === true;
  if (query.flavor !== undefined) Object.assign(where, flavorIs(query.flavor));
  if (query.model !== undefined) Object.assign(where, modelIs(query.model));
  const search = query.search?.trim();
  return {
    where,
    scope: serverScope(api, request.caller, query.project),
    ...(search === undefined || search === '' ? {} : { search }),
  };
}
