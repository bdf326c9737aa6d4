import type { QueryClient } from '@tanstack/react-query';
import { eventsOf } from './event-stream.ts';
import { ApiError, open } from './http.ts';
import { pause } from './pause.ts';
import { patchLists } from './servers.ts';
import type { Counts, Server } from './types.ts';

export type LiveState = 'connecting' | 'live' | 'lost';

/** Between tries to come back, growing up to the last. */
const PAUSES_MS = [250, 1000, 2000, 5000, 10_000];
/** Lists are read again at most so often, however much changes. */
const REFRESH_MS = 700;
/** What is told together is read together. */
const GATHER_MS = 30;
/** The service ends streams by itself: only a longer silence is told. */
const PATIENCE_MS = 1500;
/** A stream gives signs of life every 15 s. */
const SILENCE_MS = 40_000;

/**
 * Follows what changes (`/lifecycle/v1/events`) and keeps the cache true, until `signal` ends it: servers and counts that are told are
 * put in at once, and whatever may list them is read again soon after.
 */
export async function follow(
  client: QueryClient,
  tell: (state: LiveState) => void,
  signal: AbortSignal,
): Promise<void> {
  const stale = refresher(client, signal);
  let last_id: string | null = null;
  for (let failures = 0; !signal.aborted; ) {
    const lost = setTimeout(() => tell('lost'), failures === 0 ? PATIENCE_MS : 0);
    const silent = new AbortController();
    let watchdog = setTimeout(() => silent.abort(), SILENCE_MS);
    const heard = (): void => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => silent.abort(), SILENCE_MS);
    };
    try {
      const after = last_id === null ? '' : `?after=${encodeURIComponent(last_id)}`;
      const { body } = await open(`/lifecycle/v1/events${after}`, {
        signal: AbortSignal.any([signal, silent.signal]),
        accept: 'text/event-stream',
      });
      if (body === null) throw new ApiError(0, 'The event stream is empty.', null);
      for await (const { id, event, data } of eventsOf(body, heard)) {
        last_id = id ?? last_id;
        clearTimeout(lost);
        failures = 0;
        tell('live');
        take(client, event, JSON.parse(data === '' ? '{}' : data), stale);
      }
    } catch {
      failures++;
    } finally {
      clearTimeout(lost);
      clearTimeout(watchdog);
    }
    if (failures > 0) tell('lost');
    await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 0, signal);
  }
}

function take(client: QueryClient, event: string, data: unknown, stale: (key: string) => void): void {
  if (event === 'ready') {
    // What changed before the stream began, or while it was away too long, is not told.
    if ((data as { resumed?: boolean }).resumed !== true) void client.invalidateQueries();
  } else if (event === 'counts') client.setQueryData(['counts'], data as Counts);
  else if (event === 'server') {
    patchLists(client, data as Server);
    stale('servers');
    stale('baremetals');
  } else if (event === 'removed') {
    client.setQueryData(['gone', (data as { uuid: string }).uuid], true);
    stale('servers');
    stale('baremetals');
  } else if (event === 'order') stale('orders');
}

/** Invalidates queries whose key begins with a word: almost at once when nothing changed lately, and not too often. */
function refresher(client: QueryClient, signal: AbortSignal): (key: string) => void {
  const waiting = new Set<string>();
  const refreshed = new Map<string, number>();
  return (key) => {
    if (waiting.has(key)) return;
    waiting.add(key);
    const since_ms = performance.now() - (refreshed.get(key) ?? Number.NEGATIVE_INFINITY);
    void pause(Math.max(GATHER_MS, REFRESH_MS - since_ms), signal).then(() => {
      waiting.delete(key);
      refreshed.set(key, performance.now());
      if (!signal.aborted) void client.invalidateQueries({ queryKey: [key] });
    });
  };
}
