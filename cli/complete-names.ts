import type { JsonObject } from '../lifecycle/json.ts';
import { itemsOf } from './names.ts';
import type { Outside } from './outside.ts';
import { type ResourceRow, resourceOf } from './resources.ts';
import { openSession } from './session.ts';
import { settingsOf } from './settings-of.ts';
import { plainText } from './shown-text.ts';

/** Nobody waits longer after a tab. */
const MOST_MS = 3000;
const MOST_NAMES = 500;

/** What belongs to one server: listed below it. */
const OF_A_SERVER: Readonly<Record<string, { part: string; key: string; about: string }>> = {
  lease: { part: 'bmc-leases', key: 'bmc_leases', about: 'username' },
  console: { part: 'consoles', key: 'consoles', about: 'state' },
};

/** What is said of a name beside it, of what there is. */
const ABOUT = [
  'stage',
  'state',
  'what',
  'version',
  'purpose',
  'serial_number',
  'device',
  'event',
  'component',
];

/**
 * Prints what there is of a kind whose name or uuid begins so: a line each, with a word about it after a tab. A shell asks it after
 * a tab, so it says nothing at all where something is wrong, and soon.
 * @param args what stands before it on the line: the server of a lease
 */
export async function completeNames(
  kind: string,
  prefix: string,
  args: readonly string[],
  outside: Outside,
): Promise<void> {
  const gone = new AbortController();
  const late: Promise<Line[]> = outside.clock.sleep(MOST_MS, gone.signal).then(
    () => [],
    () => [],
  );
  const found = namesOf(kind, prefix, args, outside).catch((): Line[] => []);
  const lines = await Promise.race([found, late]);
  gone.abort();
  for (const [name, about] of lines) outside.out(`${name}\t${plainText(about)}\n`);
}

type Line = [name: string, about: string];

async function namesOf(
  kind: string,
  prefix: string,
  args: readonly string[],
  outside: Outside,
): Promise<Line[]> {
  const resource = resourceOf(kind) ?? partOf(kind, args);
  if (resource === null) return [];
  await using session = await openSession(await settingsOf(outside), MOST_MS / 1000);
  const items = await itemsOf(session, resource, prefix, MOST_NAMES);
  return items
    .flatMap((item) => linesOf(item, resource, prefix))
    .filter(([name]) => name.startsWith(prefix) && plainText(name) === name)
    .filter(([name], index, all) => all.findIndex(([other]) => other === name) === index);
}

function partOf(kind: string, [server = '']: readonly string[]): ResourceRow | null {
  const part = Object.hasOwn(OF_A_SERVER, kind) ? OF_A_SERVER[kind] : undefined;
  if (part === undefined || server === '') return null;
  const list = `/v1/servers/${encodeURIComponent(server)}/${part.part}`;
  return { list, key: part.key, names: [], whole: true, shown_by: '' };
}

/** Its name; its uuid where it has none, or where what was typed may be the beginning of one. */
function linesOf(item: JsonObject, { names }: ResourceRow, prefix: string): Line[] {
  const about = ABOUT.map((field) => item[field]).find((value) => typeof value === 'string');
  const [name] = names
    .map((field) => item[field])
    .filter((value) => typeof value === 'string' && value !== '');
  const uuid: Line = [String(item.uuid), String(name ?? about ?? '')];
  if (name === undefined) return [uuid];
  const line: Line = [String(name), String(about ?? item.uuid)];
  return /^[0-9a-f][0-9a-f-]*$/i.test(prefix) ? [line, uuid] : [line];
}
