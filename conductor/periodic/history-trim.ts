import type { Periodic } from './periodic.ts';

const DAY_S = 86_400;
const BATCH = 1000;

/** Keeps the newest `node_history_max_entries` entries of each node. */
export const historyTrim: Periodic = {
  name: 'history-trim',
  interval_s: ({ settings }) => (settings.conductor.node_history ? DAY_S : 0),
  start:
    ({ store, settings, signal }) =>
    async () => {
      const keep = settings.conductor.node_history_max_entries;
      while (!signal.aborted && (await store.history.trim(keep, BATCH)) === BATCH);
    },
};
