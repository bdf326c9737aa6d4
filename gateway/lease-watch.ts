import type { Store } from '../db/store.ts';
import { leaseProblem } from '../lifecycle/bmc-lease.ts';
import type { Clock } from '../lifecycle/clock.ts';

/** Looks after leases that are in use. */
export interface LeaseWatch extends AsyncDisposable {
  /** Calls `over` when the lease is good for nothing any more, within a second of it. The answer ends the watch. */
  watch(uuid: string, over: () => void): () => void;
}

export type WatchedStore = Pick<Store, 'bmc_leases' | 'servers' | 'now'>;

/** Between two looks. */
const LOOK_MS = 400;
/** Leases that one query asks for. */
const BATCH = 200;
/** A lease that nobody can look up for so long is no longer taken for good. */
const BLIND_MS = 5000;

/** One look after the other for all leases together, and none while no lease is watched. */
export function createLeaseWatch(store: WatchedStore, clock: Clock): LeaseWatch {
  const watched = new Map<string, Set<() => void>>();
  const ended = new AbortController();
  let looking: Promise<void> | null = null;

  async function look(): Promise<void> {
    let seen_ms = clock.monotonic();
    while (watched.size > 0) {
      await clock.sleep(LOOK_MS, ended.signal);
      const uuids = [...watched.keys()];
      let over: string[] = [];
      try {
        over = await noLongerGood(store, uuids);
        seen_ms = clock.monotonic();
      } catch {
        if (clock.monotonic() - seen_ms > BLIND_MS) over = uuids;
      }
      for (const uuid of over) for (const tell of watched.get(uuid) ?? []) tell();
    }
  }
  const start = (): void => {
    looking ??= look()
      .catch(() => {})
      .finally(() => {
        looking = null;
        if (watched.size > 0 && !ended.signal.aborted) start();
      });
  };

  return {
    watch(uuid, over) {
      const those = watched.get(uuid) ?? new Set();
      those.add(over);
      watched.set(uuid, those);
      start();
      return () => {
        those.delete(over);
        if (those.size === 0 && watched.get(uuid) === those) watched.delete(uuid);
      };
    },
    async [Symbol.asyncDispose]() {
      ended.abort(new Error('The gateway ends.'));
      await looking;
    },
  };
}

/** Those of the leases that are not good now. */
export async function noLongerGood(
  { bmc_leases, servers, now }: WatchedStore,
  uuids: readonly string[],
): Promise<string[]> {
  const over: string[] = [];
  for (let at = 0; at < uuids.length; at += BATCH) {
    const uuid = uuids.slice(at, at + BATCH);
    const found = await bmc_leases.list({ where: { uuid } });
    const those = [...new Set(found.map(({ server_uuid }) => server_uuid))];
    const [theirs, at_ms] = await Promise.all([servers.list({ where: { uuid: those } }), now()]);
    const leases = new Map(found.map((lease) => [lease.uuid, lease]));
    const of = new Map(theirs.map((server) => [server.uuid, server]));
    over.push(
      ...uuid.filter((each) => {
        const lease = leases.get(each);
        return lease === undefined || leaseProblem(lease, of.get(lease.server_uuid) ?? null, at_ms) !== null;
      }),
    );
  }
  return over;
}
