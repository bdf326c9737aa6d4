import type { Periodic } from './periodic.ts';

const HOUR_S = 3600;
const KEPT_MS = 86_400_000;
const BATCH = 1000;

/** Keeps for a day which servers were removed: whoever watched before has to load its lists anew. */
export const removedServersTrim: Periodic = {
  name: 'removed-servers-trim',
  interval_s: () => HOUR_S,
  start:
    ({ store, signal }) =>
    async () => {
      while (!signal.aborted && (await store.servers.trimRemoved(KEPT_MS, BATCH)) === BATCH);
    },
};
