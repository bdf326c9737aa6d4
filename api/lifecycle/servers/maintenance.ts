import { serviceError } from '../../../lifecycle/errors.ts';
import type { ServerFacts } from '../../../lifecycle/server-record.ts';
import { auditServer } from '../audit.ts';
import { readTime } from '../iso-time.ts';
import type { ActionContext } from './actions.ts';

const NO_MAINTENANCE = {
  maintenance_side: null,
  maintenance_by: null,
  maintenance_reason: null,
  maintenance_since: null,
  maintenance_until: null,
} as const satisfies Partial<ServerFacts>;

/** Moves a server to the maintenance of one side. Nothing is asked of the server or its BMC. @throws Conflict */
export async function enterMaintenance(context: ActionContext): Promise<void> {
  const { body, side, api, request } = context;
  const until = readTime('until', body.until ?? null);
  const now = await api.store.now();
  if (until !== null && until <= now)
    throw serviceError('InvalidParameterValue', { why: 'until must be a time to come.' });
  const { user_name, user_id } = request.caller;
  await changeMaintenance(context, 'enter-maintenance', {
    maintenance_side: side,
    maintenance_by: typeof body.by === 'string' ? body.by : (user_name ?? user_id),
    maintenance_reason: typeof body.reason === 'string' ? body.reason : null,
    maintenance_since: now,
    maintenance_until: until,
  });
}

/** Ends a maintenance: the server is in use again. @throws Conflict */
export async function leaveMaintenance(context: ActionContext): Promise<void> {
  const { api, request, found } = context;
  const { provision_state } = found.node;
  if (provision_state !== 'active')
    throw serviceError('Conflict', {
      why: `leave-maintenance has to wait: the server is in provision state "${provision_state}". Bring it back to "active" first.`,
    });
  await changeMaintenance(context, 'leave-maintenance', NO_MAINTENANCE);
  if (!found.node.maintenance) return;
  const cleared = { maintenance: false, maintenance_reason: null, fault: null };
  await api.conductor.updateNode(found.node, cleared, request.caller, 'maintenance_set');
}

async function changeMaintenance(
  { api, request, found, side }: ActionContext,
  action: string,
  changes: Partial<ServerFacts>,
): Promise<void> {
  const { uuid, stage, maintenance_side } = found.server;
  await api.store.transaction(async (tables) => {
    const changed = await tables.servers.update(uuid, changes, { stage, maintenance_side });
    if (changed === null)
      throw serviceError('Conflict', {
        why: `${action}: the server ${uuid} was changed meanwhile. Look at it again.`,
      });
    const { maintenance_reason: reason = null, maintenance_until: until = null } = changes;
    await auditServer(tables, api, uuid, request.caller, action, { side, reason, until });
  });
}
