import { createHash, timingSafeEqual } from 'node:crypto';
import type { Store } from '../db/store.ts';
import { type BmcLeaseRecord, LEASE_NAME, leaseProblem } from '../lifecycle/bmc-lease.ts';
import type { JsonObject } from '../lifecycle/json.ts';

/** A lease that is good now, with the way to its BMC. */
export interface GoodLease {
  lease: BmcLeaseRecord;
  driver: string;
  driver_info: JsonObject;
}

type Parts = Pick<Store, 'bmc_leases' | 'nodes' | 'servers' | 'now'>;

/** The lease of who says these words; null: there is none that is good. */
export async function findLease(
  { bmc_leases, nodes, servers, now }: Parts,
  username: string,
  password: string,
): Promise<GoodLease | null> {
  if (!LEASE_NAME.test(username)) return null;
  const lease = await bmc_leases.getByUsername(username);
  if (lease === null || lease.access !== 'gateway' || !isPassword(password, lease.password_hash)) return null;
  const [server, node, at] = await Promise.all([
    servers.get(lease.server_uuid),
    nodes.get(lease.server_uuid),
    now(),
  ]);
  if (node === null || leaseProblem(lease, server, at) !== null) return null;
  return { lease, driver: node.driver, driver_info: node.driver_info };
}

/** Whether a lease that was good still is. */
export async function isStillGood({ bmc_leases, servers, now }: Parts, uuid: string): Promise<boolean> {
  const lease = await bmc_leases.get(uuid);
  if (lease === null) return false;
  return leaseProblem(lease, await servers.get(lease.server_uuid), await now()) === null;
}

function isPassword(password: string, hash: string): boolean {
  const given = createHash('sha256').update(password).digest();
  const known = Buffer.from(hash, 'hex');
  return known.length === given.length && timingSafeEqual(given, known);
}
