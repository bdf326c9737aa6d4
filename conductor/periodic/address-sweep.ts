import type { Periodic } from './periodic.ts';

const HOUR_S = 3600;
/** A server that got an address without ever becoming a node is waited for so long. */
const KEPT_MS = 86_400_000;

/** Frees the addresses of servers that never became a node: those of a node are freed with it. */
export const addressSweep: Periodic = {
  name: 'address-sweep',
  interval_s: () => HOUR_S,
  start:
    ({ store, log }) =>
    async () => {
      const freed = await store.ip_addresses.freeOrphans(KEPT_MS);
      if (freed > 0) log.info({ freed }, 'addresses of servers that no node describes are free again');
    },
};
