import { randomInt } from 'node:crypto';
import type { Store } from '../db/store.ts';
import { ServiceError, serviceError } from '../lifecycle/errors.ts';
import { freeAddress } from '../lifecycle/ipv4.ts';
import type { IpAddressRecord, IpPoolRecord } from '../lifecycle/registration-records.ts';

/** Times that an address is chosen anew because another process took it. */
const MAX_TRIES = 40;

/**
 * Gives a server an address of a pool: the one that it has already, or a free one. The unique keys of the table decide between
 * those who ask at once, so that no address is given twice and no server gets two of one pool.
 *
 * @param holder system UUID of the server.
 * @throws NoFreeAddress (409); ServiceUnavailable when others were always faster.
 */
export async function allocateAddress(
  store: Pick<Store, 'ip_addresses'>,
  pool: IpPoolRecord,
  holder: string,
): Promise<IpAddressRecord> {
  const { ip_addresses } = store;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const [held] = await ip_addresses.list({ where: { pool_uuid: pool.uuid, holder }, limit: 1 });
    if (held !== undefined) return held;
    // Who collides spreads out: the next try is for one of the first free ones, not for the first.
    const skip = tries === 0 ? 0 : randomInt(2 ** Math.min(tries + 1, 8));
    const address = freeAddress(pool, await ip_addresses.taken(pool.uuid), skip);
    if (address === null) throw serviceError('NoFreeAddress', { pool: pool.name, network: pool.network });
    try {
      return await ip_addresses.create({ pool_uuid: pool.uuid, address, holder, state: 'used' });
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'AlreadyExists') throw error;
    }
  }
  throw serviceError('ServiceUnavailable', {
    why: `Too many ask for addresses of pool ${pool.name} at once. Retry later.`,
  });
}
