import type { Tables } from '../../db/store.ts';
import type { AuditOutcome } from '../../lifecycle/audit.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { LifecycleApi } from './handler.ts';

/** Says in the transaction of a change who made it. `detail` holds no secrets. `node_uuid` null: it is about no server. */
export async function auditServer(
  tables: Pick<Tables, 'audit'>,
  { settings }: Pick<LifecycleApi, 'settings'>,
  node_uuid: string | null,
  { user_id: user, project_id: project, request_id }: Caller,
  action: string,
  detail: JsonObject,
  outcome: AuditOutcome = 'done',
): Promise<void> {
  if (settings.audit.enabled)
    await tables.audit.append({ node_uuid, action, outcome, user, project, request_id, detail });
}
