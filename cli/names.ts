import type { JsonObject } from '../lifecycle/json.ts';
import { CommandFailure } from './exit-codes.ts';
import { listAll } from './pages.ts';
import type { ResourceRow } from './resources.ts';
import type { Session } from './session.ts';

const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/**
 * The uuid of what is named: a uuid as it is.
 * @param or_text a name that nothing has is given back.
 * @throws CommandFailure missing; conflict: several have the name
 */
export async function uuidOf(
  session: Session,
  resource: ResourceRow,
  ident: string,
  or_text = false,
): Promise<string> {
  if (UUID.test(ident) || ident === '') return ident;
  const items = await itemsOf(session, resource, ident).catch((error: unknown): JsonObject[] => {
    // Who may not see them may name them all the same, where a text is taken.
    if (or_text && error instanceof CommandFailure && error.exit === 'forbidden') return [];
    throw error;
  });
  const named = items.filter((item) => resource.names.some((name) => item[name] === ident));
  const found = [...new Map(named.map((item) => [item.uuid, item])).values()];
  const [one, other] = found;
  if (other !== undefined)
    throw new CommandFailure(
      'conflict',
      `${found.length} are called ${ident}: give a uuid, ${found
        .map(({ uuid }) => String(uuid))
        .slice(0, 10)
        .join(', ')}.`,
    );
  if (one !== undefined) return String(one.uuid);
  if (or_text) return ident;
  throw new CommandFailure(
    'missing',
    `There is no ${resource.key.replaceAll('_', ' ').replace(/s$/, '')} ${ident}: kurogane ${resource.shown_by} shows what there is.`,
  );
}

/** Those that `text` may be the beginning of a name of. @throws CommandFailure */
export async function itemsOf(
  session: Pick<Session, 'request'>,
  resource: ResourceRow,
  text: string,
  most?: number,
): Promise<JsonObject[]> {
  const { list, key, search, whole, also } = resource;
  const queries = [{}, ...(also === undefined ? [] : [{ [also]: 'true' }])].map((query) => ({
    ...query,
    ...(whole === true ? {} : { limit: '1000' }),
    ...(search !== undefined && text !== '' ? { [search]: text } : {}),
  }));
  const pages = await Promise.all(
    queries.map((query) => listAll(session, `${list}?${new URLSearchParams(query).toString()}`, key, most)),
  );
  return pages.flatMap((page) => (page as JsonObject)[key] as JsonObject[]);
}
