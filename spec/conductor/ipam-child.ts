import { allocateAddress } from '../../conductor/ipam.ts';
import { openStore } from '../../db/open-store.ts';
import { testKeys } from '../builders/records.ts';

/** `ipam-child.js CONNECTION POOL HOLDERS`: gives each holder an address, all at once; prints [holder, address or code] rows. */
const [, , connection = '', pool_uuid = '', holders = ''] = process.argv;
await using store = await openStore({ connection, keys: testKeys() });
const pool = await store.ip_pools.get(pool_uuid);
if (pool === null) throw new Error('There is no such pool.');
const rows = await Promise.all(
  holders.split(',').map((holder) =>
    allocateAddress(store, pool, holder).then(
      ({ address }) => [holder, address],
      (error: { code?: string }) => [holder, error.code ?? String(error)],
    ),
  ),
);
process.stdout.write(`${JSON.stringify(rows)}\n`);
