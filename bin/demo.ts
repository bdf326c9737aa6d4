import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { createDisplay, type Display } from './demo/display.ts';
import { moveIn } from './demo/move-in.ts';
import { type DemoAccount, type Site, startSite } from './demo/site.ts';
import { runTour } from './demo/tour.ts';
import { END_MS, lastWords, runUntilSignal } from './run-until-signal.ts';

const { once } = new Command('demo')
  .description('Kurogane in one process with a virtual rack of 8 servers; takes one into service and back.')
  .option('--once', 'end after the tour; the exit code says whether it succeeded')
  .parse()
  .opts<{ once?: boolean }>();

const display = createDisplay(process.stdout, () => performance.now());
const folder = await mkdtemp(join(tmpdir(), 'kurogane-demo-'));
try {
  if (once === true) {
    await using site = await open();
    if (!(await tour(site))) process.exitCode = 1;
  } else await runUntilSignal(END_MS, open, (site) => void stayUp(site));
} catch (error) {
  process.stderr.write(`demo: ${lastWords(error)}\n`);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function open(): Promise<Site> {
  display.say('\nKurogane demo: one process, SQLite, a virtual rack on loopback\n');
  const site = await startSite(folder);
  const bmcs = site.rack.servers.map(({ bmc }) => bmc.port);
  const screens = site.bmcs.flatMap(({ driver_info }) => driver_info.redfish_address ?? []);
  display.say(`  API   ${site.service.api_url}`);
  display.say(`  boot  ${site.service.boot_url}`);
  display.say(`  gRPC  ${site.service.registration ?? ''}, where new servers register`);
  display.say(
    `  rack  ${bmcs.length} servers, their BMCs on 127.0.0.1: IPMI at UDP ports ${bmcs.join(' ')},`,
  );
  display.say(`        and Redfish with a screen at ${screens.join(' ')}`);
  display.say(`  log   ${site.log_file}\n`);
  return site;
}

async function tour(site: Site): Promise<boolean> {
  const name = site.rack.servers[0]?.machine.identity.name ?? '';
  display.say(`The life of ${name}\n`);
  const in_service_s = await runTour(site, authUrl(site), display);
  display.say(
    in_service_s === null
      ? '\nThe tour failed.\n'
      : `\nThe first server was in service ${in_service_s.toFixed(1)} s after the tour began.\n`,
  );
  return in_service_s !== null;
}

async function stayUp(site: Site): Promise<void> {
  try {
    if (await tour(site)) {
      invite(site, display);
      await moveIn(site, authUrl(site));
      display.say('The servers have moved in.\n');
    } else process.exitCode = 1;
  } catch (error) {
    // Ctrl-C takes the service from under it.
    process.stderr.write(`demo: ${lastWords(error)}\n`);
  }
}

function invite(site: Site, { say }: Display): void {
  const [operator, ...tenants] = site.accounts;
  say(`The portal: ${site.service.api_url}/portal/\n`);
  for (const account of site.accounts)
    say(`  ${account.name.padEnd(9)} ${account.password}   ${sight(account)}`);
  say(
    '\n  Servers move in now, which can be watched there: each tenant gets some, one needs a person, some are in stock.',
  );
  say('  The ones with a screen are those by Redfish; those by IPMI have a serial console.\n');
  const last = site.rack.servers.at(-1)?.machine.identity.name ?? '';
  say(
    'To use it, paste this into another terminal (apt install python3-openstackclient python3-ironicclient):\n',
  );
  for (const [name, value] of Object.entries({
    OS_AUTH_TYPE: 'password',
    OS_AUTH_URL: authUrl(site),
    OS_IDENTITY_API_VERSION: '3',
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_USERNAME: operator.name,
    OS_PASSWORD: operator.password,
    OS_SYSTEM_SCOPE: 'all',
  }))
    say(`  export ${name}=${value}`);
  say('\nand then, for instance:\n');
  say('  openstack baremetal node list');
  say(`  openstack baremetal node manage ${last} --wait && openstack baremetal node provide ${last} --wait`);
  say(`  openstack baremetal node set ${last} --instance-info image_source=${site.image.url} \\`);
  say(
    `      --instance-info image_os_hash_algo=sha256 --instance-info image_os_hash_value=${site.image.sha256}`,
  );
  say(`  openstack baremetal node deploy ${last} --wait`);
  say('\nTenants, each with servers of their own (unset OS_SYSTEM_SCOPE, then set these):\n');
  for (const { name, password, project } of tenants)
    say(`  export OS_USERNAME=${name} OS_PASSWORD=${password} OS_PROJECT_NAME=${project}`);
  say('\nCtrl-C ends the demo and removes all of it.\n');
}

function sight({ name, role, project }: DemoAccount): string {
  if (name === 'operator') return 'sees everything';
  return role === 'member' ? `the tenant ${project}` : `looks only, at what ${project} has`;
}

function authUrl(site: Site): string {
  return `${site.service.api_url}/identity/v3`;
}
