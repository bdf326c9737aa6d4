import { table } from '../../lifecycle/docs/markdown.ts';
import { type CommandRow, pathArguments } from '../command-row.ts';
import { COMMANDS } from '../command-table.ts';
import { EXIT_CODES } from '../exit-codes.ts';

/** The text of docs/cli.md, made from the table of commands. Pure. */
export function cliPage(): string {
  return [
    '# The commands of a client',
    'Made from the tables in `cli/` by `npm run cli-docs`. Do not edit by hand.',
    '`kurogane` asks the life-cycle API over HTTP, as any other client would. It finds the API in the catalogue of Keystone (service type ' +
      '`baremetal-lifecycle`), and logs in by the variables of OpenStack’s clients: `OS_AUTH_URL`, `OS_USERNAME`, `OS_PASSWORD`, ' +
      '`OS_PROJECT_NAME` or `OS_SYSTEM_SCOPE=all`, `OS_USER_DOMAIN_NAME`, `OS_PROJECT_DOMAIN_NAME`, `OS_APPLICATION_CREDENTIAL_ID` and ' +
      '`_SECRET`, `OS_TOKEN`, `OS_REGION_NAME`, `OS_INTERFACE`, `OS_CACERT`; or by `OS_CLOUD` and a `clouds.yaml`. Without Keystone: ' +
      '`OS_AUTH_TYPE=none` and `OS_ENDPOINT`.',
    '`npm run client` makes one file of the client, `dist/client/kurogane.mjs`, which needs Node 20 and nothing beside it.',
    'Where a uuid is wanted a name does too. Commands that change one thing take several, and `-` reads their names from standard input, one a line: ' +
      '`kurogane server list --stage inventory -o value -c name | kurogane deploy - --profile debian`. Each then has a result of its own, and the ' +
      'exit code is 11 when only some failed.',
    'Answers are tables (`-o table`), values apart by tabs (`-o value`), `-o json` or `-o yaml`. `-c uuid,name` chooses columns, `--all-columns` shows ' +
      'every one, `--sort-column name:desc` sorts, `--noheader` leaves head and frame away. On a terminal the last columns go where it is too narrow. Times are ' +
      'in the local zone (`TZ`) in tables, in UTC elsewhere. Lists come whole, those of what happened at most 100 long unless `--limit` asks for more. What is not ' +
      'fit for a terminal in names and messages is escaped. `NO_COLOR` is heeded.',
    '`--wait` waits for the work that a command starts, at most `--timeout` seconds. Where it is goes to standard error: in place on a terminal, a line at each ' +
      'change elsewhere, nothing with `-q`. Ctrl-C ends the waiting, not the work, and says how to look on.',
    'Before what cannot be undone the name has to be typed; `--yes` says that it is meant, which is needed where nobody can be asked.',
    '`kurogane completion bash` and `kurogane completion zsh` print a script for the shell: `source <(kurogane completion bash)`. It asks the API for names.',
    table(
      ['command', 'what it does', 'asks'],
      COMMANDS.map((row) => [usage(row), row.help, `\`${row.method} ${row.path}\``]),
    ),
    '## Exit codes',
    table(
      ['code', 'meaning'],
      Object.values(EXIT_CODES).map(({ code, meaning }) => [String(code), meaning]),
    ),
  ]
    .join('\n\n')
    .concat('\n');
}

function usage(row: CommandRow): string {
  return `\`kurogane ${[row.words, ...pathArguments(row.path).map((name) => `<${name}>`)].join(' ')}\``;
}
