import { type Command, type CommanderError, InvalidArgumentError, Option } from 'commander';
import { type CommandRow, pathArguments, takesSeveral } from './command-row.ts';
import { COMMANDS } from './command-table.ts';
import { completeNames } from './complete-names.ts';
import { completionScript, SHELLS, type Shell } from './completion.ts';
import { CommandFailure, EXIT_CODES } from './exit-codes.ts';
import { GROUPS } from './groups.ts';
import { optionOf } from './option-of.ts';
import { FORMATS, type Format, type Look, render } from './output.ts';
import type { Outside } from './outside.ts';
import type { Given } from './request-parts.ts';
import { runRow } from './run-row.ts';
import { timesIn } from './shown-text.ts';
import { drawTable } from './table.ts';
import { uploadIso } from './upload-file.ts';

const DEFAULT_TIMEOUT_S = 3600;

const LOGIN = `What asks the API logs in as OpenStack's clients do: by OS_CLOUD and a clouds.yaml, or by OS_AUTH_URL, OS_USERNAME,
OS_PASSWORD and OS_PROJECT_NAME (or OS_SYSTEM_SCOPE=all). "kurogane exit-codes" tells what its exit codes mean.`;

/** Adds the commands that ask the API, and `completion`, to `program`, and gives it back. An action that fails throws CommandFailure. */
export function addClientCommands(program: Command, outside: Outside): Command {
  program.addHelpText('after', `\n${LOGIN}`);
  for (const row of COMMANDS) addRow(program, row, outside);
  const upload = addShared(
    groupOf(program, 'iso')
      .command('upload')
      .description('bring an ISO image, in parts')
      .argument('<file>', 'the image')
      .option('--name <text>', 'what it is called; default: the name of the file')
      .option('--sha256 <hex>', 'its SHA-256, which the bytes must have'),
  );
  upload.action(async (file: string, given: { name?: string; sha256?: string }) => {
    const { name, sha256 } = given;
    const { look, quiet } = sharedOf(upload, outside);
    const uploaded = await uploadIso(file, { name, sha256 }, quiet, outside);
    outside.out(`${render(uploaded, { kind: 'item' }, look).text}\n`);
  });
  program
    .command('completion')
    .description('print what makes a shell complete these commands')
    .argument('<shell>', `one of ${SHELLS.join(', ')}`)
    .exitOverride(exit)
    .addHelpText(
      'after',
      '\nbash: source <(kurogane completion bash)\nzsh:  source <(kurogane completion zsh)',
    )
    .action((shell: string) => {
      if (!SHELLS.some((known) => known === shell))
        throw new CommandFailure(
          'usage',
          `There is no completion for ${shell}: use one of ${SHELLS.join(', ')}.`,
        );
      outside.out(completionScript(shell as Shell, program));
    });
  program
    .command('complete', { hidden: true })
    .description('names of a kind that begin so, for shells')
    .argument('<kind>')
    .argument('[prefix]')
    .argument('[args...]')
    .action((kind: string, prefix: string | undefined, args: string[]) =>
      completeNames(kind, prefix ?? '', args, outside),
    );
  program
    .command('exit-codes')
    .description('tell what the exit codes of these commands mean')
    .exitOverride(exit)
    .addHelpText('after', () => `\n${exitCodes(outside)}`)
    .action(() => outside.out(`${exitCodes(outside)}\n`));
  return program;
}

function exitCodes({ out_size }: Outside): string {
  const rows = Object.values(EXIT_CODES).map(({ code, meaning }) => [String(code), meaning]);
  const { columns = null } = out_size() ?? {};
  return drawTable(['code', 'meaning'], rows, { columns, bare: false });
}

function addRow(program: Command, row: CommandRow, outside: Outside): void {
  const words = row.words.split(' ');
  const last = words.pop() ?? '';
  const group = words.reduce((parent, word) => groupOf(parent, word), program);
  const command = group.command(last).description(row.help);
  command.showHelpAfterError(`(kurogane ${row.words} --help shows how it is used)`);
  const several = takesSeveral(row);
  for (const name of pathArguments(row.path))
    command.argument(several ? `<${name}...>` : `<${name}>`, several ? SEVERAL : '');
  if (row.file === true) command.argument('<file>', 'the image');
  for (const option of row.options ?? []) command.addOption(optionOf(option));
  addShared(command);
  if (row.wait !== undefined)
    command
      .option('--wait', 'wait until the work is over, and tell where it is')
      .option('--timeout <seconds>', 'wait at most so long', seconds, DEFAULT_TIMEOUT_S);
  if (row.undoes !== undefined && row.typed === undefined)
    command.option('-y, --yes', 'it is meant: nobody is asked');
  if (row.examples !== undefined)
    command.addHelpText(
      'after',
      `\nFor instance:\n${row.examples.map((one) => `  kurogane ${one}`).join('\n')}`,
    );
  command.action(async () => {
    const options = command.opts<{ wait?: boolean; timeout?: number; yes?: boolean }>();
    const common = {
      ...sharedOf(command, outside),
      wait: options.wait === true,
      timeout_s: options.timeout ?? DEFAULT_TIMEOUT_S,
      yes: options.yes === true,
    };
    await runRow(row, command.args, givenOf(row, command), common, outside);
  });
}

const SEVERAL = 'names or uuids; - reads them from standard input';

/** The options that every command has. */
function addShared(command: Command): Command {
  return command
    .addOption(
      new Option('-o, --output <format>', 'how the answer is shown').choices(FORMATS).default('table'),
    )
    .option('-c, --column <names>', 'only this column, or several: -c uuid,name', collected)
    .option('--all-columns', 'every column, however wide')
    .option('--sort-column <name>', 'sort by this column here; NAME:desc downwards')
    .option('--noheader', 'a table without its head and frame')
    .option('-q, --quiet', 'no progress and no hints')
    .configureHelp({ showGlobalOptions: false })
    .exitOverride(exit);
}

/** What the options that every command has say. */
function sharedOf(command: Command, { env, out_size, time_zone }: Outside): { look: Look; quiet: boolean } {
  const options = command.opts<{
    output: Format;
    column?: string[];
    allColumns?: boolean;
    sortColumn?: string;
    noheader?: boolean;
    quiet?: boolean;
  }>();
  const size = out_size();
  const look: Look = {
    format: options.output,
    only: options.column ?? null,
    all: options.allColumns === true,
    bare: options.noheader === true,
    sort: options.sortColumn ?? null,
    columns: size?.columns ?? null,
    // no-color.org
    colours: size !== null && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
    shown: timesIn(time_zone),
  };
  return { look, quiet: options.quiet === true };
}

function groupOf(parent: Command, word: string): Command {
  const known = parent.commands.find((command) => command.name() === word);
  if (known !== undefined) return known;
  const path = [...wordsTo(parent), word].join(' ');
  const about = GROUPS[path];
  if (about === undefined) throw new Error(`cli/groups.ts does not say what ${path} is.`);
  return parent
    .command(word)
    .description(about)
    .showHelpAfterError(`(kurogane ${path} --help shows its commands)`)
    .configureHelp({ showGlobalOptions: false })
    .exitOverride(exit);
}

/** The words of a group, without the program's name. */
function wordsTo(command: Command): string[] {
  return command.parent === null ? [] : [...wordsTo(command.parent), command.name()];
}

/** Help was asked for, or the command line is wrong; either was told already. */
export function exit({ exitCode }: CommanderError): never {
  throw new CommandFailure(exitCode === 0 ? 'done' : 'usage', '');
}

/** The options that were given, by their names in the API. */
function givenOf(row: CommandRow, command: Command): Given {
  const options = command.opts<Record<string, string | boolean | string[]>>();
  return Object.fromEntries(
    (row.options ?? []).map(({ name }) => [
      name,
      options[name.replace(/_(\w)/g, (_whole, letter: string) => letter.toUpperCase())],
    ]),
  );
}

const collected = (names: string, before: readonly string[] = []): string[] => [
  ...before,
  ...names.split(',').filter((name) => name !== ''),
];

function seconds(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0)
    throw new InvalidArgumentError('It takes a number of seconds.');
  return number;
}
