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
  const listed = (await listAll(session, listPath(resource, ident), resource.key).catch((error: unknown) => {
    // Who may not see them may name them all the same, where a text is taken.
    if (or_text && error instanceof CommandFailure && error.exit === 'forbidden') return {};
    throw error;
  })) as JsonObject;
  const found = ((listed[resource.key] ?? []) as JsonObject[]).filter((item) =>
    resource.names.some((name) => item[name] === ident),
  );
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

/** The list of those that `text` may be the beginning of a name of. */
export function listPath({ list, search, whole }: ResourceRow, text: string, limit = 1000): string {
  const query = new URLSearchParams();
  if (whole !== true) query.set('limit', String(limit));
  if (search !== undefined && text !== '') query.set(search, text);
  return `${list}?${query.toString()}`;
}
