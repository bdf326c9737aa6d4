import { releaseAtExternalIpam } from '../external-ipam.ts';
import type { Periodic } from './periodic.ts';

const INTERVAL_S = 30;
const BATCH = 50;

/** Tells IPAMs of the operator's which of their addresses are free again, until they have heard it. */
export const addressRelease: Periodic = {
  name: 'address-release',
  interval_s: () => INTERVAL_S,
  start:
    ({ store, log, signal }) =>
    async () => {
      const waiting = await store.ip_addresses.list({ where: { state: 'releasing' }, limit: BATCH });
      for (const { address, note, pool_uuid, uuid } of waiting) {
        if (signal.aborted) return;
        const pool = await store.ip_pools.get(pool_uuid);
        try {
          if (pool !== null && pool.external_url !== null) await releaseAtExternalIpam(pool, address, note);
          await store.ip_addresses.delete(uuid);
        } catch (error) {
          log.warn({ pool: pool?.name, address, err: error }, 'an IPAM was not told that an address is free');
        }
      }
    },
};
