import type { Json, JsonObject } from '../lifecycle/json.ts';
import type { Session } from './session.ts';

/** Rows that are kept of a list without a limit; with more, a filter is what helps. */
const MOST_ROWS = 100_000;

/**
 * A whole list, page by page: the first answer with the items of all pages, without `next` unless there are more than `most`.
 * @throws CommandFailure
 */
export async function listAll(
  session: Pick<Session, 'request'>,
  path: string,
  key: string,
  most = MOST_ROWS,
): Promise<Json> {
  const first = (await session.request('GET', path)).body as JsonObject;
  const items = itemsOf(first, key);
  let next = first.next;
  while (typeof next === 'string' && items.length < most) {
    const page: JsonObject = (await session.request('GET', pathOf(next))).body as JsonObject;
    const more = itemsOf(page, key);
    if (more.length === 0) break;
    items.push(...more);
    next = page.next;
  }
  const { next: _next, ...rest } = first;
  const left = items.length > most || typeof next === 'string' ? { next: next ?? null } : {};
  return { ...rest, [key]: items.slice(0, most), ...left };
}

/** Below the endpoint, wherever the service believes itself to be. */
function pathOf(next: string): string {
  const at = next.indexOf('/v1/');
  return at < 0 ? next : next.slice(at);
}

function itemsOf(body: JsonObject | null, key: string): Json[] {
  const items = body?.[key];
  return Array.isArray(items) ? [...items] : [];
}
