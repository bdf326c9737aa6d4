import { type Command, type CommanderError, InvalidArgumentError, Option } from 'commander';
import { type CommandRow, type OptionRow, pathArguments } from './command-row.ts';
import { COMMANDS } from './command-table.ts';
import { completionScript, SHELLS, type Shell } from './completion.ts';
import { CommandFailure } from './exit-codes.ts';
import { FORMATS, type Format } from './output.ts';
import { type Given, type Outside, runRow, uploadIso } from './run-row.ts';

const DEFAULT_TIMEOUT_S = 3600;

/** First words of commands of two words. */
const GROUPS: Readonly<Record<string, string>> = {
  api: 'the life-cycle API itself',
  event: 'what changes',
  order: 'servers from stock',
  quota: 'how many servers a project may have',
  reservation: 'who holds a server',
  console: 'serial consoles and screens',
  iso: 'ISO images that projects bring',
  lease: 'BMCs that are handed out for a while',
  certificate: 'certificates of erased disks',
  schedule: 'work on servers at a time',
  server: 'servers, through all the stages of their life',
  work: 'work that people do at the racks',
  stock: 'servers that can be ordered',
  stage: 'the stages of servers',
};

/** Adds the commands that ask the API, and `completion`, to `program`. An action that fails throws CommandFailure. */
export function addClientCommands(program: Command, outside: Outside): void {
  for (const row of COMMANDS) addRow(program, row, outside);
  groupOf(program, 'iso')
    .command('upload')
    .description('bring an ISO image, in parts')
    .exitOverride(exit)
    .argument('<file>')
    .option('--name <text>', 'what it is called; default: the name of the file')
    .option('--sha256 <text>', 'its SHA-256 in hex, which the bytes must have')
    .addOption(outputOption())
    .action(async (file: string, given: { name?: string; sha256?: string; output: Format }) => {
      const { name, sha256, output } = given;
      await uploadIso(file, { name, sha256 }, output, outside);
    });
  program
    .command('completion')
    .description('print what makes a shell complete these commands')
    .argument('<shell>', `one of ${SHELLS.join(', ')}`)
    .action((shell: string) => {
      if (!SHELLS.some((known) => known === shell))
        throw new CommandFailure(
          'usage',
          `There is no completion for ${shell}: use one of ${SHELLS.join(', ')}.`,
        );
      outside.out(completionScript(shell as Shell, program));
    });
}

function addRow(program: Command, row: CommandRow, outside: Outside): void {
  const words = row.words.split(' ');
  const last = words.pop() ?? '';
  const command = words
    .reduce((group, word) => groupOf(group, word), program)
    .command(last)
    .description(row.help)
    .configureHelp({ showGlobalOptions: false })
    .exitOverride(exit);
  for (const name of argumentsOf(row)) command.argument(`<${name}>`);
  for (const option of row.options ?? []) command.addOption(optionOf(option));
  command.addOption(outputOption());
  if (row.wait !== undefined)
    command
      .option('--wait', 'wait until the work is over, and tell where it is')
      .option('--timeout <seconds>', 'wait at most so long', seconds, DEFAULT_TIMEOUT_S);
  command.action(async (...all: unknown[]) => {
    const args = all.slice(0, argumentsOf(row).length) as string[];
    const options = command.opts<{ output: Format; wait?: boolean; timeout?: number }>();
    const common = {
      output: options.output,
      wait: options.wait === true,
      timeout_s: options.timeout ?? DEFAULT_TIMEOUT_S,
    };
    await runRow(row, args, givenOf(row, command), common, outside);
  });
}

const argumentsOf = (row: CommandRow): string[] => [
  ...pathArguments(row.path),
  ...(row.file === true ? ['file'] : []),
];

const outputOption = (): Option =>
  new Option('-o, --output <format>', 'how the answer is shown').choices(FORMATS).default('table');

function groupOf(parent: Command, word: string): Command {
  const known = parent.commands.find((command) => command.name() === word);
  return (
    known ??
    parent
      .command(word)
      .description(GROUPS[word] ?? word)
      .exitOverride(exit)
  );
}

/** Help was asked for, or the command line is wrong; either was told already. */
function exit({ exitCode }: CommanderError): never {
  throw new CommandFailure(exitCode === 0 ? 'done' : 'usage', '');
}

function optionOf({ name, kind, help, choices, required, preset }: OptionRow): Option {
  const flag = `--${name.replaceAll('_', '-')}`;
  const value =
    kind === 'switch' ? '' : kind === 'list' ? ' <value...>' : kind === 'secret' ? ' <@file>' : ` <${kind}>`;
  const option = new Option(`${flag}${value}`, help);
  if (choices !== undefined) option.choices(choices);
  if (required === true) option.makeOptionMandatory();
  if (preset !== undefined) option.default(preset);
  return option;
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

function seconds(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0)
    throw new InvalidArgumentError('It takes a number of seconds.');
  return number;
}
