import type { Json, JsonObject } from '../lifecycle/json.ts';
import { type CommandRow, type OptionRow, pathArguments } from './command-row.ts';
import { CommandFailure } from './exit-codes.ts';
import { uuidOf } from './names.ts';
import type { Outside } from './outside.ts';
import { RESOURCES, resourceOf } from './resources.ts';
import type { Session } from './session.ts';

/** What was given on the command line: option name as in the API → value. */
export type Given = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** The path of an operation, filled in; names where the API takes only uuids are looked up. @throws CommandFailure */
export async function pathOf(
  session: Session,
  row: CommandRow,
  params: Readonly<Record<string, string>>,
): Promise<string> {
  const idents = new Map<string, string>();
  for (const name of pathArguments(row.path)) {
    const resource = resourceOf(name);
    const given = params[name] ?? '';
    if (given === '')
      throw new CommandFailure('usage', `The ${name.replaceAll('_', ' ')} is empty: give a name or a uuid.`);
    const ident =
      resource === null || resource.by_name === true ? given : await uuidOf(session, resource, given);
    idents.set(name, ident);
  }
  return row.path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(idents.get(name) ?? ''));
}

/** What follows the path: `?stage=in-use`. @throws CommandFailure */
export async function queryText(session: Session, row: CommandRow, given: Given): Promise<string> {
  const query = new URLSearchParams();
  for (const option of optionsOf(row, 'query')) {
    const value = given[option.name];
    if (value !== undefined) query.set(option.name, await named(session, option, String(value)));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

const optionsOf = (row: CommandRow, where: OptionRow['in']): readonly OptionRow[] =>
  (row.options ?? []).filter((option) => option.in === where);

/** The body as it was given: files and standard input are read now. @throws CommandFailure usage */
export async function bodyOf(
  row: CommandRow,
  given: Given,
  outside: Outside,
): Promise<JsonObject | undefined> {
  const options = optionsOf(row, 'body');
  if (row.body === undefined && options.length === 0) return undefined;
  const body: JsonObject = { ...row.body };
  for (const option of options) {
    const value = given[option.name];
    if (value !== undefined) body[option.name] = await optionValue(option, value, outside);
  }
  if (row.method === 'PATCH' && Object.keys(body).length === 0)
    throw new CommandFailure(
      'usage',
      `Nothing is to be changed: give one of ${options.map(({ name }) => flagOf(name)).join(', ')}.`,
    );
  return body;
}

/** The same body, with uuids for the names of objects. @throws CommandFailure */
export async function namedBody(
  session: Session,
  row: CommandRow,
  body: JsonObject | undefined,
): Promise<JsonObject | undefined> {
  if (body === undefined) return undefined;
  const done: JsonObject = { ...body };
  for (const option of optionsOf(row, 'body')) {
    const value = done[option.name];
    if (typeof value === 'string') done[option.name] = await named(session, option, value);
  }
  return done;
}

async function named(session: Session, { of, or_text }: OptionRow, value: string): Promise<string> {
  return of === undefined ? value : await uuidOf(session, RESOURCES[of], value, or_text);
}

/** The option of a field: `sort_key` → `--sort-key`. */
export const flagOf = (name: string): string => `--${name.replaceAll('_', '-')}`;

async function optionValue(option: OptionRow, value: Given[string] & {}, outside: Outside): Promise<Json> {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return [...value];
  const name = flagOf(option.name);
  if (option.kind === 'json') return jsonOf(name, value, outside);
  if (option.kind === 'document' && value.startsWith('@')) return fileText(name, value.slice(1), outside);
  if (option.kind === 'secret') return secretOf(name, value, outside);
  if (value === '') return null;
  if (option.kind === 'text' || option.kind === 'document') return value;
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw new CommandFailure('usage', `${name} takes a whole number, not ${value}.`);
  return number;
}

async function jsonOf(name: string, given: string, outside: Outside): Promise<Json> {
  const text = given.startsWith('@') ? await fileText(name, given.slice(1), outside) : given;
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new CommandFailure('usage', `${name} takes JSON, or @FILE with JSON in it.`);
  }
}

async function secretOf(name: string, given: string, outside: Outside): Promise<string> {
  if (!given.startsWith('@'))
    throw new CommandFailure(
      'usage',
      `${name} takes @FILE, or @- for standard input: others see the command line.`,
    );
  return (await fileText(name, given.slice(1), outside)).replace(/\r?\n$/, '');
}

/** `-`: standard input. */
async function fileText(name: string, path: string, outside: Outside): Promise<string> {
  try {
    return await outside.readFile(path);
  } catch (error) {
    throw new CommandFailure('usage', `${name}: ${path} cannot be read: ${(error as Error).message}`);
  }
}
