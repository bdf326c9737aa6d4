import type { ServerResponse } from 'node:http';
import type { Clock } from '../../../lifecycle/clock.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../../lifecycle/json.ts';
import { isoTime } from '../iso-time.ts';
import { serverView } from '../servers/view.ts';
import { type Change, concerns, type WatchScope } from './change.ts';
import type { EventFeed, Watcher } from './feed.ts';

export interface StreamOptions {
  scope: WatchScope;
  /** With the provider's own fields of servers. */
  provider: boolean;
  /** Where the client was before; null: it is new. */
  after: number | null;
  /** False: only what there is to tell now. */
  follow: boolean;
}

/** The event streams of this process. */
export interface EventStreams {
  /** Takes a place for a stream, and writes it. @throws ServiceUnavailable when there are too many, or no database. */
  open(options: StreamOptions): Promise<(response: ServerResponse) => Promise<void>>;
}

/** Between two signs of life, so that proxies keep the connection. */
const SIGN_OF_LIFE_MS = 15_000;
/** What a client that does not read may have waiting; then it is dropped, and comes back where it was. */
const MOST_UNREAD_BYTES = 4 * 1024 * 1024;

export function createEventStreams(parts: {
  feed: EventFeed;
  clock: Clock;
  max_streams: number;
  stream_lifetime_s: number;
  /** Ends all streams. */
  signal?: AbortSignal | undefined;
}): EventStreams {
  const { feed, clock, max_streams, stream_lifetime_s } = parts;
  const changeText = changeTexts();
  let open = 0;
  return {
    async open({ scope, provider, after, follow }) {
      if (open >= max_streams)
        throw serviceError('ServiceUnavailable', {
          why: `${max_streams} event streams are open already. Try again later, or ask another API process.`,
        });
      open++;
      // What is told before the response is there.
      const early: string[] = [];
      let write = (text: string): void => void early.push(text);
      const watcher: Watcher = {
        scope,
        changed: (changes, at) =>
          write(changes.map((one) => changeText(one, provider)).join('') + idText(at)),
        counted: (counts, at) => write(eventText('counts', countsView(counts)) + idText(at)),
      };
      const watching = await feed.watch(watcher, after).catch((error: unknown) => {
        open--;
        throw error;
      });
      const { missed, counts, at } = watching;
      const first = [
        eventText('ready', { resumed: missed !== null }),
        ...(missed ?? []).filter((one) => concerns(one, scope)).map((one) => changeText(one, provider)),
        eventText('counts', countsView(counts)),
        idText(at),
      ].join('');
      return async (response) => {
        const over = new AbortController();
        const signal =
          parts.signal === undefined ? over.signal : AbortSignal.any([over.signal, parts.signal]);
        const end = () => over.abort();
        response.once('close', end).once('error', end);
        try {
          response.write(first + early.join(''));
          write = (text) => {
            if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
            else response.write(text);
          };
          const until = clock.monotonic() + stream_lifetime_s * 1000;
          while (follow && !signal.aborted && !response.destroyed) {
            const left_ms = until - clock.monotonic();
            if (left_ms <= 0) break;
            await clock.sleep(Math.min(SIGN_OF_LIFE_MS, left_ms), signal).catch(() => {});
            if (!signal.aborted) write(':\n\n');
          }
        } finally {
          write = () => {};
          watching.leave();
          open--;
          response.off('close', end).off('error', end);
        }
      };
    },
  };
}

/** One event (WHATWG HTML 9.2: a line for its name, one for its data, an empty one). */
function eventText(name: string, data: Json): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Where the client comes back to: an event of its own without data, which nobody hears of. */
const idText = (at: number): string => `id: ${at}\n\n`;

/** Makes texts of changes, once for all who are told the same. */
function changeTexts(): (change: Change, provider: boolean) => string {
  const texts = new WeakMap<Change, Map<boolean, string>>();
  return (change, provider) => {
    const known = texts.get(change) ?? new Map<boolean, string>();
    texts.set(change, known);
    const text = known.get(provider) ?? eventText(change.what.kind, dataOf(change, provider));
    known.set(provider, text);
    return text;
  };
}

function dataOf({ what }: Change, provider: boolean): JsonObject {
  if (what.kind === 'server') return serverView(what.server, provider);
  if (what.kind === 'removed') return { uuid: what.uuid };
  const { changed_at, finished_at, progress, ...order } = what.order;
  return {
    ...order,
    progress: { ...progress },
    finished_at: isoTime(finished_at),
    changed_at: isoTime(changed_at),
  };
}

function countsView(stages: Readonly<Record<string, { count: number; attention: number }>>): JsonObject {
  const all = Object.values(stages);
  return {
    stages: { ...stages },
    total: all.reduce((sum, { count }) => sum + count, 0),
    attention: all.reduce((sum, { attention }) => sum + attention, 0),
  };
}
