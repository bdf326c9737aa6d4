import type { Clock } from '../lifecycle/clock.ts';

/** Looks after rights that are in use. */
export interface Watch extends AsyncDisposable {
  /** Calls `over` with the reason when what `uuid` gave a right to is over, within a second of it. The answer ends the watch. */
  watch(uuid: string, over: (why: string) => void): () => void;
}

/** Those that are over, with the reason. */
export type Look = (uuids: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** Between two looks. */
const LOOK_MS = 400;
/** What one look asks for. */
const BATCH = 200;
/** A right that nobody can look up for so long is no longer taken for good. */
const BLIND_MS = 5000;

/** One look after the other for all of them together, and none while nothing is watched. */
export function createWatch(look: Look, clock: Clock): Watch {
  const watched = new Map<string, Set<(why: string) => void>>();
  const ended = new AbortController();
  let looking: Promise<void> | null = null;

  async function lookOn(): Promise<void> {
    let seen_ms = clock.monotonic();
    while (watched.size > 0) {
      await clock.sleep(LOOK_MS, ended.signal);
      const all = [...watched.keys()];
      for (let at = 0; at < all.length; at += BATCH) {
        const uuids = all.slice(at, at + BATCH);
        let over: ReadonlyMap<string, string> = new Map();
        try {
          over = await look(uuids);
          seen_ms = clock.monotonic();
        } catch {
          const why = 'The database does not answer.';
          if (clock.monotonic() - seen_ms > BLIND_MS) over = new Map(uuids.map((uuid) => [uuid, why]));
        }
        for (const [uuid, why] of over) for (const tell of watched.get(uuid) ?? []) tell(why);
      }
    }
  }
  const start = (): void => {
    looking ??= lookOn()
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
