import type { Json, JsonObject } from '../lifecycle/json.ts';
import { type CommandRow, pathArguments, takesSeveral } from './command-row.ts';
import { confirm } from './confirm.ts';
import { CommandFailure } from './exit-codes.ts';
import { type Look, render } from './output.ts';
import type { Outside } from './outside.ts';
import { listAll } from './pages.ts';
import { openProgress, SILENT } from './progress.ts';
import { bodyOf, type Given, namedBody, pathOf, queryText } from './request-parts.ts';
import { openSession, type Session } from './session.ts';
import { settingsOf } from './settings-of.ts';
import { exitOfAll, type Outcome, outcomesBody, targetsOf } from './targets.ts';
import { resumeUpload } from './upload-file.ts';
import { eachOf, waitForAll } from './wait-for.ts';
import { follow } from './watch-events.ts';

export interface CommonOptions {
  look: Look;
  wait: boolean;
  timeout_s: number;
  /** No progress, and no hints. */
  quiet: boolean;
  /** What cannot be undone was agreed to. */
  yes: boolean;
}

const AT_ONCE = 8;

/** Runs a command of the table. @throws CommandFailure */
export async function runRow(
  row: CommandRow,
  args: readonly string[],
  given: Given,
  common: CommonOptions,
  outside: Outside,
): Promise<void> {
  const names = pathArguments(row.path);
  const targets = takesSeveral(row)
    ? await targetsOf(args, outside)
    : [args.slice(0, names.length).join(' ')];
  const body = await confirmedBody(row, targets, await bodyOf(row, given, outside), common, outside);
  const settings = await settingsOf(outside);
  await using session = await openSession(settings);
  if (takesSeveral(row)) return await runEach(row, targets, given, body, common, session, outside);
  const params = Object.fromEntries(names.map((name, index) => [name, args[index] ?? '']));
  const path = await pathOf(session, row, params);
  if (row.file === true) {
    const uploaded = await resumeUpload(
      session,
      path.split('/')[3] ?? '',
      args.at(-1) ?? '',
      common.quiet,
      outside,
    );
    return print(uploaded, row, common, outside);
  }
  if (row.output.kind === 'events')
    return await follow(
      session,
      row,
      path,
      given,
      { format: common.look.format, shown: common.look.shown },
      outside,
    );
  if (row.method === 'GET' && row.output.kind === 'list')
    return print(await listed(session, row, path, given, common, outside), row, common, outside);
  const asked = `${path}${await queryText(session, row, given)}`;
  const { body: answer, request_id } = await session.request(
    row.method,
    asked,
    await namedBody(session, row, body),
  );
  if (row.output.kind === 'console' && common.look.format === 'table') {
    const { type, url } = answer as JsonObject;
    if (type === 'serial') {
      // Loaded where it is wanted: no other command needs websockets.
      const { attachConsole } = await import('./attach-console.ts');
      return await attachConsole(String(url), settings.cacert, outside.terminal(), outside.err);
    }
  }
  if (!common.wait || row.wait === undefined || given.dry_run === true)
    return print(answer, row, common, outside);
  const outcome = await outcomeOf(
    row,
    [{ target: '', params, body: answer, request_id }],
    common,
    session,
    outside,
  );
  const [one] = outcome;
  if (one === undefined) return;
  if (one.body !== null) print(one.body, row, common, outside);
  if (one.exit !== 'done') throw new CommandFailure(one.exit, one.message);
}

/** Asks for what a person has to type, and whether what cannot be undone is meant. @throws CommandFailure usage */
async function confirmedBody(
  row: CommandRow,
  targets: readonly string[],
  body: JsonObject | undefined,
  { yes }: CommonOptions,
  outside: Outside,
): Promise<JsonObject | undefined> {
  const { undoes, typed } = row;
  if (typed !== undefined && body?.[typed] === undefined) {
    if (outside.ask === null || undoes === undefined)
      throw new CommandFailure(
        'usage',
        `--${typed} is needed: ${row.options?.find(({ name }) => name === typed)?.help}.`,
      );
    outside.err(`It ${undoes}, and that cannot be undone.\n`);
    return {
      ...body,
      [typed]: (await outside.ask(`Type its serial number to go on (its uuid where none is known): `)).trim(),
    };
  }
  if (undoes !== undefined && typed === undefined && !yes) await confirm(undoes, targets, outside);
  return body;
}

async function listed(
  session: Session,
  row: CommandRow,
  path: string,
  given: Given,
  common: CommonOptions,
  outside: Outside,
) {
  const key = row.output.kind === 'list' ? row.output.key : '';
  const paged = row.options?.some(({ name }) => name === 'limit') === true;
  const limit = given.limit === undefined ? undefined : Number(given.limit);
  const most = limit !== undefined && limit > 0 ? limit : undefined;
  const query = await queryText(session, row, {
    ...given,
    ...(paged && limit === undefined ? { limit: '1000' } : {}),
  });
  const body = (await listAll(session, `${path}${query}`, key, most)) as JsonObject;
  if (body.next !== undefined && !common.quiet && common.look.format === 'table')
    outside.err(`There are more: --limit asks for so many, --marker goes on after the last one.\n`);
  return body;
}

/** One request that was answered. */
interface Answered {
  target: string;
  params: Readonly<Record<string, string>>;
  body: Json;
  request_id: string | null;
}

async function runEach(
  row: CommandRow,
  targets: readonly string[],
  given: Given,
  body: JsonObject | undefined,
  common: CommonOptions,
  session: Session,
  outside: Outside,
): Promise<void> {
  const [param = ''] = pathArguments(row.path);
  const query = await queryText(session, row, given);
  const sent = await namedBody(session, row, body);
  const outcomes = new Map<string, Outcome>();
  const answered: Answered[] = [];
  await eachOf(targets, AT_ONCE, async (target) => {
    const params = { [param]: target };
    try {
      const path = await pathOf(session, row, params);
      const { body: answer, request_id } = await session.request(row.method, `${path}${query}`, sent);
      answered.push({ target, params, body: answer, request_id });
      outcomes.set(target, { target, exit: 'done', message: '', body: answer });
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      outcomes.set(target, { target, exit: error.exit, message: error.message, body: null });
    }
  });
  if (common.wait && row.wait !== undefined)
    for (const one of await outcomeOf(row, answered, common, session, outside)) outcomes.set(one.target, one);
  const all = targets.flatMap((target) => outcomes.get(target) ?? []);
  const [one] = all;
  if (all.length === 1 && one !== undefined) {
    if (one.exit === 'done' || one.body !== null) print(one.body, row, common, outside);
    if (one.exit !== 'done') throw new CommandFailure(one.exit, one.message);
    return;
  }
  const columns = [param, 'result', 'message'];
  print(
    outcomesBody(param, all),
    { ...row, output: { kind: 'list', key: 'results', columns } },
    common,
    outside,
  );
  const exit = exitOfAll(all);
  const failed = all.filter((outcome) => outcome.exit !== 'done').length;
  if (exit !== 'done') throw new CommandFailure(exit, `${failed} of ${all.length} failed.`);
}

/** Waits for the work of requests. @throws CommandFailure timed_out, interrupted */
async function outcomeOf(
  row: CommandRow,
  answered: readonly Answered[],
  { timeout_s, quiet }: CommonOptions,
  session: Session,
  outside: Outside,
): Promise<Outcome[]> {
  const { wait } = row;
  if (wait === undefined) return [];
  const progress = quiet ? SILENT : openProgress(outside);
  const works = answered.map(({ params, body, request_id }) =>
    wait({ body: body as JsonObject, request_id, params }),
  );
  try {
    const ends = await waitForAll(works, session, timeout_s, progress, outside);
    return ends.map((end, index) => {
      const target = answered[index]?.target ?? '';
      if (end instanceof CommandFailure) return { target, exit: end.exit, message: end.message, body: null };
      const { exit = 'failed', text = '' } = end.over ?? {};
      return { target, exit, message: exit === 'done' ? '' : text, body: end.body };
    });
  } finally {
    progress.end();
  }
}

function print(body: Json, row: CommandRow, { look, quiet }: CommonOptions, { out, err }: Outside): void {
  const { text, left_out } = render(body, row.output, look);
  if (text !== '') out(`${text}\n`);
  if (left_out.length > 0 && !quiet)
    err(`Too wide for this terminal: ${left_out.join(', ')} (--all-columns, or -c COLUMN).\n`);
}
