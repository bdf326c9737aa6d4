import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { addClientCommands, exit } from '../cli/add-commands.ts';
import { describeSettings } from '../config/describe-settings.ts';
import type { Settings } from '../config/options.ts';
import { projectRoot } from '../config/project-root.ts';
import { clientOutside } from './client-outside.ts';
import { type DnsmasqOptions, dnsmasqText } from './dnsmasq-config.ts';
import { DEFAULT_CONFIG, readSettings } from './read-settings.ts';
import { runProgram } from './run-program.ts';
import { END_MS, runUntilSignal } from './run-until-signal.ts';
import { addKey } from './secret-keys.ts';
import { shownSettings } from './shown-settings.ts';

const program = new Command('kurogane')
  .exitOverride(exit)
  .commandsGroup('Services, and what their hosts need:')
  .description('A bare-metal service, compatible with OpenStack Ironic.')
  .version(await version())
  .option('--config <file>', `settings file, YAML or JSON (default: ${DEFAULT_CONFIG} if it exists)`)
  .showHelpAfterError('(kurogane --help shows the commands and settings)')
  .configureHelp({ showGlobalOptions: true })
  .addHelpText(
    'after',
    `\nSettings, from the file (group: {key: value}) and from variables, which win:\n\n${describeSettings()}`,
  );

// Each is loaded when it is wanted: a conductor does not keep the API in memory, nor does a client wait for any of them.
service('api', 'serve the API', async () => (await import('./api.ts')).startApi);
service('conductor', 'drive the servers', async () => (await import('./conductor.ts')).startConductorService);
service(
  'boot',
  'serve boot scripts and images to the servers',
  async () => (await import('./boot.ts')).startBootService,
)
  .command('status')
  .description('whether all is there that servers boot with; exit code 1 when something is red')
  .option(
    '--url <url>',
    'the boot service as servers reach it (default: [deploy]http_url, else its own address)',
  )
  .option(
    '--tftp-root <folder>',
    'folder of dnsmasq with undionly.kpxe and ipxe.efi',
    '/var/lib/kurogane/tftp',
  )
  .option('--pid-file <file>', "dnsmasq's pid file", '/run/kurogane-dnsmasq.pid')
  .action(async (options: { url?: string; tftpRoot: string; pidFile: string }) => {
    await withSettings(async (settings) => {
      const { bootStatus } = await import('./boot-status.ts');
      const { green, text } = await bootStatus(settings, options, process.stdout.isTTY);
      print(text);
      if (!green) process.exitCode = 1;
    })();
  });
service(
  'gateway',
  'lead holders of leases to their BMCs, and nowhere else',
  async () => (await import('./gateway.ts')).startGateway,
);
service(
  'serve',
  'all of these in one process; makes its database, key and first account itself',
  async () => (await import('./all-in-one.ts')).startAllInOne,
);

const db = program.command('db').description('the database: schema and secrets');
db.command('upgrade')
  .description('make or upgrade the schema; may run while services are up')
  .action(
    withSettings(async (settings) => print(await (await import('./database.ts')).upgradeDatabase(settings))),
  );
db.command('status')
  .description('show whether the schema is that of this version; exit code 1 when it is not')
  .action(
    withSettings(async (settings) => {
      const { databaseStatus } = await import('./database.ts');
      const status = await databaseStatus(settings);
      print(status.text);
      if (!status.current) process.exitCode = 1;
    }),
  );
db.command('add-key')
  .description('put a new key in front of a key file, which is made when missing')
  .requiredOption('--key-file <file>', 'the file of [secrets]key_file')
  .action(async ({ keyFile }: { keyFile: string }) => {
    const keys = await addKey(keyFile);
    print(`${keyFile} now has ${keys} ${keys === 1 ? 'key' : 'keys'}; the new one is the first.`);
  });
db.command('rotate-secrets')
  .description('encrypt every stored secret again with the first key')
  .action(
    withSettings(async (settings) => print(await (await import('./database.ts')).rotateSecrets(settings))),
  );

const audit = program.command('audit').description('who did what to which node');
audit
  .command('verify')
  .description('check that no entry was changed or removed; exit code 1 and the first broken one when it was')
  .option('--anchor <id:hash>', 'an end that an earlier check has printed')
  .action(async ({ anchor }: { anchor?: string }) => {
    await withSettings(async (settings) => {
      const { verifyAudit } = await import('./audit.ts');
      const { whole, text } = await verifyAudit(settings, anchor);
      print(text);
      if (!whole) process.exitCode = 1;
    })();
  });
audit
  .command('list')
  .description('print entries as JSON lines, newest first')
  .option('--node <uuid>', 'of this node only')
  .option('--before <id>', 'older than this entry')
  .option('--limit <number>', 'at most so many', '100')
  .action(async (options: { node?: string; before?: string; limit: string }) => {
    await withSettings(async (settings) =>
      print(await (await import('./audit.ts')).listAudit(settings, options)),
    )();
  });

program
  .command('certificates')
  .description('certificates of erased disks')
  .command('make-key')
  .description('make the key that they are signed with; prints its public half')
  .requiredOption('--key-file <file>', 'the file of [certificates]signing_key_file')
  .action(async ({ keyFile }: { keyFile: string }) =>
    print(await (await import('./certificates.ts')).makeSigningKey(keyFile, false)),
  );
program
  .command('verify-certificate')
  .description('check a certificate of erased disks, offline; exit code 1 when it is not genuine')
  .argument('<file>', 'the certificate, as the API gave it')
  .requiredOption('--key <file>', "the provider's public key, PEM")
  .action(async (file: string, { key }: { key: string }) => {
    const { verifyCertificate } = await import('./certificates.ts');
    const { genuine, text } = await verifyCertificate(file, key);
    print(text);
    if (!genuine) process.exitCode = 1;
  });

program
  .command('image')
  .description('operating systems that servers boot')
  .command('build')
  .description('make kernel, initrd and root file system as a recipe says; needs root')
  .argument('<recipe>', 'YAML file: name, base, packages, playbook')
  .option('--output <folder>', 'where a folder of its name is made', '.')
  .option('-q, --quiet', 'do not tell what is being done')
  .action(async (recipe: string, { output, quiet }: { output: string; quiet?: boolean }) => {
    const { buildImage } = await import('../boot/image-build/build.ts');
    const tell = (text: string): void => void (quiet === true || process.stderr.write(`${text}\n`));
    print(JSON.stringify(await buildImage(recipe, output, tell), null, 2));
  });

program
  .command('dnsmasq-config')
  .description('print the configuration of dnsmasq for networks on which servers boot')
  .requiredOption('--url <url>', 'the boot service as servers reach it')
  .requiredOption('--tftp-address <address>', 'address of this host for firmware without HTTP')
  .requiredOption('--range <range...>', 'interface/first/last/netmask, with /router where there is one')
  .option('--tftp-root <folder>', 'folder with undionly.kpxe and ipxe.efi', '/var/lib/kurogane/tftp')
  .option('--lease-file <file>', "dnsmasq's own leases", '/var/lib/kurogane/dnsmasq.leases')
  .option('--lease-time <seconds>', 'how long an address is given', '3600')
  .option('--pid-file <file>', "dnsmasq's pid file", '/run/kurogane-dnsmasq.pid')
  .action((options: DnsmasqOptions) => void process.stdout.write(dnsmasqText(options)));

program
  .command('config')
  .description('the settings')
  .command('show')
  .description('show the settings in force, secrets masked')
  .action(withSettings(async (settings) => print(shownSettings(settings))));

program
  .command('identity')
  .description('the accounts of the embedded Keystone')
  .command('hash-password')
  .description('read a password from standard input and print its hash for the users file')
  .action(async () => print(await (await import('./hash-password.ts')).hashPasswordFromInput(process.stdin)));

await runProgram(
  addClientCommands(program.commandsGroup('What asks the API, as any client:'), clientOutside()),
);

function service(
  name: string,
  description: string,
  load: () => Promise<(settings: Settings) => Promise<{ ready: string } & AsyncDisposable>>,
): Command {
  return program
    .command(name)
    .description(description)
    .action(
      withSettings(async (settings) => {
        const start = await load();
        const waits_s = settings.conductor.graceful_shutdown_timeout + settings.api.shutdown_delay;
        await runUntilSignal(
          waits_s * 1000 + END_MS,
          () => start(settings),
          ({ ready }) => print(ready),
        );
      }),
    );
}

function withSettings(action: (settings: Settings) => Promise<void>): () => Promise<void> {
  return async () => {
    await action(await readSettings(program.opts<{ config?: string }>().config));
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function version(): Promise<string> {
  const manifest = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
