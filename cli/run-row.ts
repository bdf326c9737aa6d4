import type { Clock } from '../lifecycle/clock.ts';
import type { Json, JsonObject } from '../lifecycle/json.ts';
import { attachConsole, type Terminal } from './attach-console.ts';
import { type AuthSettings, authSettings } from './auth-settings.ts';
import { type CommandRow, type OptionRow, pathArguments, type WaitRow } from './command-row.ts';
import { CommandFailure } from './exit-codes.ts';
import { type Format, render, renderEvent } from './output.ts';
import { openSession, type Session } from './session.ts';
import { type PartedFile, uploadFile } from './upload-file.ts';

/** What a command may touch outside. */
export interface Outside {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Standard output and standard error, a text with its newline. */
  out(text: string): void;
  err(text: string): void;
  /** Text of a file; of standard input for `-`. @throws Error */
  readFile(path: string): Promise<string>;
  /** A file in parts. @throws Error */
  openFile(path: string): Promise<PartedFile>;
  /** Where consoles are shown. */
  terminal(): Terminal;
}

/** What was given on the command line: option name as in the API → value. */
export type Given = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface CommonOptions {
  output: Format;
  wait: boolean;
  timeout_s: number;
}

/** Runs a command of the table. @throws CommandFailure */
export async function runRow(
  row: CommandRow,
  args: readonly string[],
  given: Given,
  common: CommonOptions,
  outside: Outside,
): Promise<void> {
  const params = Object.fromEntries(pathArguments(row.path).map((name, index) => [name, args[index] ?? '']));
  const path = `${filled(row.path, params)}${queryText(row, given)}`;
  const body = await bodyOf(row, given, outside);
  const settings = await settingsOf(outside);
  await using session = await openSession(settings);
  if (row.file === true) {
    await using file = await openFile(args.at(-1) ?? '', outside);
    const uploaded = await uploadFile(session, params.iso ?? '', file, outside.err);
    outside.out(`${render(uploaded, row.output, common.output)}\n`);
    return;
  }
  if (row.output.kind === 'events') return await follow(session, row, params, given, common.output, outside);
  let answer = await session.request(row.method, path, body);
  if (row.output.kind === 'console' && common.output === 'table') {
    const { type, url } = answer as JsonObject;
    if (type === 'serial')
      return await attachConsole(String(url), settings.cacert ?? '', outside.terminal(), outside.err);
  }
  if (common.wait && row.wait !== undefined)
    answer = await waitFor(row.wait, session, params, answer, common.timeout_s, outside);
  outside.out(`${render(answer, row.output, common.output)}\n`);
}

/** `iso upload FILE`: announces an image and sends it. @throws CommandFailure */
export async function uploadIso(
  path: string,
  given: { name: string | undefined; sha256: string | undefined },
  output: Format,
  outside: Outside,
): Promise<void> {
  await using file = await openFile(path, outside);
  await using session = await openSession(await settingsOf(outside));
  const { name = path.split('/').at(-1) ?? path, sha256 } = given;
  const body = { name, size_bytes: file.size, ...(sha256 === undefined ? {} : { sha256 }) };
  const { uuid } = (await session.request('POST', '/v1/isos', body)) as JsonObject;
  outside.err(`The image is ${String(uuid)}; kurogane iso resume goes on if this breaks off.\n`);
  const uploaded = await uploadFile(session, String(uuid), file, outside.err);
  outside.out(`${render(uploaded, { kind: 'item' }, output)}\n`);
}

async function openFile(path: string, outside: Outside): Promise<PartedFile> {
  try {
    return await outside.openFile(path);
  } catch (error) {
    throw new CommandFailure('usage', `${path} cannot be read: ${(error as Error).message}`);
  }
}

function settingsOf({ env, readFile }: Outside): Promise<AuthSettings> {
  return authSettings(env, async (paths) => {
    for (const path of paths) {
      const text = await readFile(path).catch(() => null);
      if (text !== null) return text;
    }
    return null;
  });
}

function filled(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ''));
}

function queryText(row: CommandRow, given: Given): string {
  const query = new URLSearchParams();
  for (const option of optionsOf(row, 'query')) {
    const value = given[option.name];
    if (value !== undefined) query.set(option.name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

const optionsOf = (row: CommandRow, where: OptionRow['in']): readonly OptionRow[] =>
  (row.options ?? []).filter((option) => option.in === where);

async function bodyOf(row: CommandRow, given: Given, outside: Outside): Promise<JsonObject | undefined> {
  const options = optionsOf(row, 'body');
  if (row.body === undefined && options.length === 0) return undefined;
  const body: JsonObject = { ...row.body };
  for (const option of options) {
    const value = given[option.name];
    if (value !== undefined) body[option.name] = await optionValue(option, value, outside);
  }
  return body;
}

async function optionValue(option: OptionRow, value: Given[string] & {}, outside: Outside): Promise<Json> {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return [...value];
  const name = `--${option.name.replaceAll('_', '-')}`;
  if (option.kind === 'json') return jsonOf(name, value, outside);
  if (option.kind === 'secret') return secretOf(name, value, outside);
  if (value === '') return null;
  if (option.kind === 'text') return value;
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

/** Prints events as they come. The service ends a stream now and then: the next one goes on where it was. */
async function follow(
  session: Session,
  row: CommandRow,
  params: Readonly<Record<string, string>>,
  given: Given,
  format: Format,
  { out }: Outside,
): Promise<void> {
  let after = given.after;
  do {
    const query = queryText(row, { ...given, after });
    for await (const { id, event, data } of session.events(`${filled(row.path, params)}${query}`)) {
      if (id !== null) after = id;
      if (event !== null) out(`${renderEvent(event, data, format)}\n`);
    }
  } while (given.follow !== 'false');
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2000;

/** Asks until the work is over, and tells on standard error where it is. @throws CommandFailure work_failed, timed_out */
async function waitFor(
  wait: WaitRow,
  session: Session,
  params: Readonly<Record<string, string>>,
  first: Json,
  timeout_s: number,
  { clock, err }: Outside,
): Promise<Json> {
  const until = clock.monotonic() + timeout_s * 1000;
  let told = '';
  for (let pause_ms = FIRST_PAUSE_MS; ; pause_ms = Math.min(LONGEST_PAUSE_MS, pause_ms * 1.5)) {
    const body = (await session.request('GET', wait.path(params, first))) as JsonObject;
    const progress = wait.progress(body);
    if (progress !== told) err(`${progress}\n`);
    told = progress;
    const over = wait.over(body);
    if (over?.well === false) throw new CommandFailure('work_failed', over.text);
    if (over !== null) return body;
    if (clock.monotonic() + pause_ms > until)
      throw new CommandFailure('timed_out', `It was not over after ${timeout_s} s: ${progress}`);
    await clock.sleep(pause_ms);
  }
}
