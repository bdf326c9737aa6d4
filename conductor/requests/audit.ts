import type { Tables } from '../../db/store.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import type { JsonObject } from '../../lifecycle/json.ts';

/** What a request did, for the audit. Never a secret. */
export interface Audited {
  action: string;
  detail: JsonObject;
}

/** Arguments of jobs that never hold a secret. */
const SHOWN_ARGS = ['target', 'method', 'kind', 'enabled', 'device_type'] as const;

/** What a job was asked for, as far as it holds no secrets. */
export function shownArgs(args: JsonObject): JsonObject {
  return Object.fromEntries(
    SHOWN_ARGS.flatMap((name) => {
      const given = args[name];
      return given === undefined || typeof given === 'object' ? [] : [[name, given]];
    }),
  );
}

/** Writes an entry in the transaction of the change. */
export async function audit(
  tables: Pick<Tables, 'audit'>,
  settings: { audit: { enabled: boolean } },
  node_uuid: string | null,
  caller: Caller,
  { action, detail }: Audited,
): Promise<void> {
  if (!settings.audit.enabled) return;
  const { user_id: user, project_id: project, request_id } = caller;
  await tables.audit.append({ node_uuid, action, user, project, request_id, detail });
}
