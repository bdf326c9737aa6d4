import { randomUUID } from 'node:crypto';
import type { Store } from '../db/store.ts';
import type { JsonObject } from '../lifecycle/json.ts';
import type { GoodLease } from './leases.ts';

/** Where what holders of leases do is written down. */
export interface Notebook {
  store: Pick<Store, 'audit'>;
  audit: boolean;
}

/** Writes down what the holder of a lease asked for. */
export async function note(
  { store, audit }: Notebook,
  { lease }: GoodLease,
  detail: JsonObject,
): Promise<void> {
  if (!audit) return;
  await store.audit.append({
    ...{ node_uuid: lease.server_uuid, action: 'bmc-gateway', user: lease.user, project: lease.project },
    request_id: `req-${randomUUID()}`,
    // What was refused has the status that the client got.
    outcome: typeof detail.status === 'number' ? 'refused' : 'done',
    detail: { lease: lease.uuid, ...detail },
  });
}
