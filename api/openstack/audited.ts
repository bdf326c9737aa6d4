import type { Tables } from '../../db/store.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { auditServer } from '../lifecycle/audit.ts';
import type { Api, ApiRequest } from './handler.ts';

/** What a request changed, as the audit tells it: never a value that may be secret. */
export interface Subject {
  uuid?: string;
  /** The node that it belongs to. */
  node_uuid?: string | null;
  detail?: JsonObject;
}

/** Makes a change that the API does itself, and says in the same transaction who made it; the action is the operation's id. */
export function audited<T>(
  api: Pick<Api, 'store' | 'settings'>,
  { operation, caller }: Pick<ApiRequest, 'operation' | 'caller'>,
  { uuid, node_uuid = null, detail = {} }: Subject,
  change: (tables: Tables) => Promise<T>,
): Promise<T> {
  return api.store.transaction(async (tables) => {
    const said = { ...(uuid === undefined ? {} : { uuid }), ...detail };
    const [done] = await Promise.all([
      change(tables),
      auditServer(tables, api, node_uuid, caller, operation, said),
    ]);
    return done;
  });
}
