import { randomInt } from 'node:crypto';
import type { New, Store } from '../db/store.ts';
import { ServiceError, serviceError } from '../lifecycle/errors.ts';
import { freeAddress } from '../lifecycle/ipv4.ts';
import type { IpAddressRecord, IpPoolRecord } from '../lifecycle/registration-records.ts';
import { askExternalIpam } from './external-ipam.ts';

/** Times that an address is chosen anew because another process took it. */
const MAX_TRIES = 40;
/** Of those that the operator's IPAM decides: it does not give another address for being asked often. */
const MAX_EXTERNAL_TRIES = 3;

/**
 * Gives a server an address of a pool: the one that it has already, or a free one. The unique keys of the table decide between
 * those who ask at once, so that no address is given twice and no server gets two of one pool.
 *
 * @param holder system UUID of the server.
 * @throws NoFreeAddress (409); ServiceUnavailable when others were always faster, or the operator's IPAM gives none.
 */
export async function allocateAddress(
  store: Pick<Store, 'ip_addresses'>,
  pool: IpPoolRecord,
  holder: string,
): Promise<IpAddressRecord> {
  const { ip_addresses } = store;
  const most = pool.external_url === null ? MAX_TRIES : MAX_EXTERNAL_TRIES;
  for (let tries = 0; tries < most; tries++) {
    const [held] = await ip_addresses.list({ where: { pool_uuid: pool.uuid, holder }, limit: 1 });
    if (held !== undefined) return held;
    if (pool.external_url !== null) {
      const address = await askExternalIpam(pool, holder);
      const taken = await create(ip_addresses, { pool_uuid: pool.uuid, address, holder, state: 'used' });
      if (taken !== null) return taken;
      // Another server has it, or had it and the IPAM is not told yet: it may give another one.
      continue;
    }
    // Who collides spreads out: the next try is for one of the first free ones, not for the first.
    const skip = tries === 0 ? 0 : randomInt(2 ** Math.min(tries + 1, 8));
    const address = freeAddress(pool, await ip_addresses.taken(pool.uuid), skip);
    if (address === null) throw serviceError('NoFreeAddress', { pool: pool.name, network: pool.network });
    const given = await create(ip_addresses, { pool_uuid: pool.uuid, address, holder, state: 'used' });
    if (given !== null) return given;
  }
  throw serviceError('ServiceUnavailable', {
    why:
      pool.external_url === null
        ? `Too many ask for addresses of pool ${pool.name} at once. Retry later.`
        : `The IPAM of pool ${pool.name} gives an address that another server has. Retry later.`,
  });
}

/** null: another process took the address, or gave this server one. */
async function create(
  addresses: Pick<Store['ip_addresses'], 'create'>,
  record: New<IpAddressRecord>,
): Promise<IpAddressRecord | null> {
  try {
    return await addresses.create(record);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'AlreadyExists') throw error;
    return null;
  }
}
