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
    'Every command takes `-o table`, `-o json` or `-o yaml`. Those that start work take `--wait` and `--timeout`: where the work is goes ' +
      'to standard error. `kurogane completion bash` and `kurogane completion zsh` print a script for the shell.',
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
