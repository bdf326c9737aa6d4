import type { Settings } from '../../config/options.ts';
import type { Store } from '../../db/store.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import type { ConductorRecord } from '../../lifecycle/records.ts';

const KEPT_MS = 5000;

/** The conductors whose heartbeat is fresh. */
export interface LiveConductors {
  /** As the database has them now. */
  now(): Promise<ConductorRecord[]>;
  /** As they were at most 5 s ago: for checks that ask `now` when they do not find what they want. */
  recent(): Promise<ConductorRecord[]>;
}

export function createLiveConductors(deps: {
  store: Store;
  settings: Settings;
  clock: Clock;
}): LiveConductors {
  const { store, settings, clock } = deps;
  let kept: { conductors: ConductorRecord[]; read_at: number } | null = null;
  const live: LiveConductors = {
    async now() {
      const conductors = await store.conductors.listAlive(settings.conductor.heartbeat_timeout * 1000);
      kept = { conductors, read_at: clock.monotonic() };
      return conductors;
    },
    recent: async () =>
      kept !== null && clock.monotonic() - kept.read_at < KEPT_MS ? kept.conductors : live.now(),
  };
  return live;
}
