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
export async function findLease(parts: Parts, username: string, password: string): Promise<GoodLease | null> {
  return await goodLease(parts, username, ({ password_hash }) => isPassword(password, password_hash));
}

/**
 * The lease of that name with what its holder was told, for protocols in which who logs in only proves to know it. null: there is
 * none that is good, or its password was not kept.
 */
export async function findNamedLease(
  parts: Parts,
  username: string,
): Promise<(GoodLease & { password: string }) | null> {
  const good = await goodLease(parts, username, ({ bmc }) => typeof bmc.holder_password === 'string');
  return good === null ? null : { ...good, password: String(good.lease.bmc.holder_password) };
}

async function goodLease(
  { bmc_leases, nodes, servers, now }: Parts,
  username: string,
  isProven: (lease: BmcLeaseRecord) => boolean,
): Promise<GoodLease | null> {
  if (!LEASE_NAME.test(username)) return null;
  const lease = await bmc_leases.getByUsername(username);
  if (lease === null || lease.access !== 'gateway' || !isProven(lease)) return null;
  const [server, node, at] = await Promise.all([
    servers.get(lease.server_uuid),
    nodes.get(lease.server_uuid),
    now(),
  ]);
  if (node === null || leaseProblem(lease, server, at) !== null) return null;
  return { lease, driver: node.driver, driver_info: node.driver_info };
}

/** Those of the leases that are not good now, with the reason. */
export async function leasesOver(
  { bmc_leases, servers, now }: Pick<Store, 'bmc_leases' | 'servers' | 'now'>,
  uuids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = await bmc_leases.list({ where: { uuid: uuids } });
  const those = [...new Set(found.map(({ server_uuid }) => server_uuid))];
  const [theirs, at] = await Promise.all([servers.list({ where: { uuid: those } }), now()]);
  const leases = new Map(found.map((lease) => [lease.uuid, lease]));
  const of = new Map(theirs.map((server) => [server.uuid, server]));
  const over = new Map<string, string>();
  for (const uuid of uuids) {
    const lease = leases.get(uuid);
    const why =
      lease === undefined ? 'The lease is gone.' : leaseProblem(lease, of.get(lease.server_uuid) ?? null, at);
    if (why !== null) over.set(uuid, why);
  }
  return over;
}

function isPassword(password: string, hash: string): boolean {
  const given = createHash('sha256').update(password).digest();
  const known = Buffer.from(hash, 'hex');
  return known.length === given.length && timingSafeEqual(given, known);
}
