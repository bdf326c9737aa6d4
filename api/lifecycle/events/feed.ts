import type { Store } from '../../../db/store.ts';
import type { Clock } from '../../../lifecycle/clock.ts';
import {
  type Change,
  type ChangeReader,
  concerns,
  countsChange,
  openChanges,
  type WatchScope,
} from './change.ts';

type Counts = Awaited<ReturnType<Store['servers']['countByStage']>>;

/** Who is told. `told` must not throw, and must not keep what it is given waiting. */
export interface Watcher {
  scope: WatchScope;
  /** `at`: where the watcher is then, to come back with. */
  changed(changes: readonly Change[], at: number): void;
  counted(counts: Counts, at: number): void;
}

/** What changes, read once for all who watch in this process. */
export interface EventFeed {
  /**
   * Begins to watch. `after`: where the watcher was before. Resolves with where it is now; what it missed, null when that is
   * no longer known; and the counts of its scope.
   */
  watch(
    watcher: Watcher,
    after: number | null,
  ): Promise<{ at: number; missed: readonly Change[] | null; counts: Counts; leave(): void }>;
}

/** Changes kept for those who come back. */
const KEPT = 5000;
/** A reader that stood still for longer begins anew: removed servers are forgotten after a day. */
const STALE_MS = 3_600_000;
/** Between two processes' looks at the same change. */
const SLACK_MS = 6000;

export function createEventFeed(parts: {
  store: Pick<Store, 'servers' | 'orders' | 'now'>;
  clock: Clock;
  log: { warn(facts: object, message: string): void };
  poll_interval_s: number;
  /** Ends the looks; whoever watches has to be ended by others. */
  signal?: AbortSignal | undefined;
}): EventFeed {
  const { store, clock, log, poll_interval_s } = parts;
  const watchers = new Set<Watcher>();
  let kept: Change[] = [];
  /** Everything that changed from here on is in `kept`. */
  let known_from = 0;
  let at = 0;
  let reader: ChangeReader | null = null;
  let looked_at = 0;
  /** One look at a time. */
  let looking: Promise<void> = Promise.resolve();
  let loop: AbortController | null = null;

  function look(): Promise<void> {
    looking = looking.catch(() => {}).then(lookOnce);
    return looking;
  }

  async function lookOnce(): Promise<void> {
    const now = clock.monotonic();
    const anew = reader === null || now - looked_at > STALE_MS;
    if (reader === null || anew) reader = await openChanges(store);
    const found = await reader.next();
    if (anew) {
      kept = [];
      known_from = found.at;
    }
    looked_at = now;
    at = found.at;
    kept.push(...found.changes);
    if (kept.length > KEPT) {
      known_from = kept[kept.length - KEPT - 1]?.at ?? at;
      kept = kept.slice(-KEPT);
    }
    if (found.changes.length > 0) await tell(found.changes);
  }

  async function tell(changes: readonly Change[]): Promise<void> {
    const counted = new Map<string, Promise<Counts>>();
    const upto = at;
    await Promise.all(
      [...watchers].map(async (watcher) => {
        const own = changes.filter((change) => concerns(change, watcher.scope));
        if (own.length === 0) return;
        watcher.changed(own, upto);
        if (!own.some(countsChange)) return;
        const key = watcher.scope.project ?? '';
        const counts = counted.get(key) ?? store.servers.countByStage({ scope: watcher.scope });
        counted.set(key, counts);
        watcher.counted(await counts, upto);
      }),
    );
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(poll_interval_s * 1000, signal).catch(() => {});
      if (signal.aborted) return;
      await look().catch((error: unknown) => {
        log.warn({ err: error }, 'looking for changes failed; trying again');
      });
    }
  }

  function leave(watcher: Watcher): void {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    loop?.abort();
    loop = null;
  }

  return {
    async watch(watcher, after) {
      // What the lists of a newcomer lack comes with the next look.
      await (loop === null || reader === null ? look() : looking.catch(() => {}));
      const now = at;
      const known = after !== null && after >= known_from && after <= now + SLACK_MS;
      const missed = known
        ? kept.filter((change) => change.at >= after - SLACK_MS && concerns(change, watcher.scope))
        : null;
      watchers.add(watcher);
      if (loop === null) {
        loop = new AbortController();
        const signal =
          parts.signal === undefined ? loop.signal : AbortSignal.any([loop.signal, parts.signal]);
        void run(signal);
      }
      try {
        const counts = await store.servers.countByStage({ scope: watcher.scope });
        return { at: now, missed, counts, leave: () => leave(watcher) };
      } catch (error) {
        leave(watcher);
        throw error;
      }
    },
  };
}
