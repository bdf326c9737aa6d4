import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadSettings } from '../../config/load-settings.ts';
import { createLogger } from '../../config/logger.ts';
import type { Settings } from '../../config/options.ts';
import { systemClock } from '../../config/system-clock.ts';
import { selfSignedCertificate } from '../../rack/certificate.ts';
import { MachineConsole } from '../../rack/machine-console.ts';
import { type Rack, type RackServer, startRack } from '../../rack/rack.ts';
import { RedfishBmc } from '../../rack/redfish/redfish-bmc.ts';
import { MachineScreen } from '../../rack/screen/machine-screen.ts';
import { type AllInOne, startAllInOne } from '../all-in-one.ts';
import { newPassword } from '../embedded-accounts.ts';
import { startParts } from '../parts.ts';
import type { Account } from './public-api.ts';

/** An account of the demo; `operator` also has system scope. */
export interface DemoAccount extends Account {
  role: string;
}

export interface DemoImage {
  name: string;
  url: string;
  sha256: string;
  bytes: number;
}

/** What a node says of its server's BMC. */
export interface BmcFacts {
  driver: 'ipmi' | 'redfish';
  driver_info: Readonly<Record<string, string | number>>;
  /** A kind that can be ordered. */
  resource_class: 'virtual' | 'virtual-screen';
}

/** The whole demo: Kurogane in one process, and a rack on loopback. */
export interface Site extends AsyncDisposable {
  service: AllInOne;
  rack: Rack;
  /** How each server of the rack is reached: the first ones by IPMI, with a serial console, the others by Redfish, with a screen. */
  bmcs: readonly BmcFacts[];
  accounts: readonly [operator: DemoAccount, ...tenants: DemoAccount[]];
  image: DemoImage;
  log_file: string;
}

const SERVERS = 8;
const BY_IPMI = 5;
const LOOPBACK = '127.0.0.1';
/** Quick, but slow enough to be watched. The rack runs at a fiftieth of the time of real firmware and agents. */
const DELAYS_MS = { power: 150, soft_off: 300, post: 15_000 };
const IMAGE_BYTES = 8 * 1024 * 1024;
const API_PORT = 6385;
const BOOT_PORT = 8088;

/** Starts everything, with its state in `folder`. */
export async function startSite(folder: string): Promise<Site> {
  return await startParts(async (parts) => {
    const accounts = makeAccounts();
    const users_file = join(folder, 'users.yaml');
    await writeFile(users_file, usersFile(accounts), { mode: 0o600 });
    const image = await makeImage(join(folder, 'images'));
    const log_file = join(folder, 'kurogane.log');
    const settings = await demoSettings(folder, users_file);
    const log = createLogger({ level: 'info', name: 'demo', destination: createWriteStream(log_file) });
    let boot_url: string | null = null;
    // The rack ends after the service: the driver still closes its sessions with the BMCs.
    const rack = parts.own(
      await startRack({
        count: SERVERS,
        clock: systemClock,
        boot_url: () => boot_url,
        name_prefix: 'server',
        delays_ms: DELAYS_MS,
      }),
    );
    for (const { bmc, machine } of rack.servers) bmc.serial = new MachineConsole(machine);
    const bmcs = await bmcsOf(rack.servers, folder, (bmc) => void parts.own(bmc));
    const service = parts.own(await startAllInOne(settings, log));
    boot_url = service.boot_url;
    return {
      service,
      rack,
      bmcs,
      accounts,
      image: { ...image, url: `${service.boot_url}/images/${image.name}` },
      log_file,
    };
  });
}

async function bmcsOf(
  servers: readonly RackServer[],
  folder: string,
  own: (bmc: RedfishBmc) => void,
): Promise<BmcFacts[]> {
  const certificate = await selfSignedCertificate(LOOPBACK, systemClock.now());
  const redfish_verify_ca = join(folder, 'bmc-ca.pem');
  await writeFile(redfish_verify_ca, certificate.cert);
  return await Promise.all(
    servers.map(async ({ machine, username, password, driver_info }, index): Promise<BmcFacts> => {
      if (index < BY_IPMI) return { driver: 'ipmi', driver_info, resource_class: 'virtual' };
      const screen = new MachineScreen(machine);
      const login = { username, password, certificate };
      const bmc = await RedfishBmc.start({ machine, address: LOOPBACK, port: 0, ...login, screen });
      own(bmc);
      return {
        driver: 'redfish',
        resource_class: 'virtual-screen',
        driver_info: {
          redfish_address: bmc.url,
          redfish_username: username,
          redfish_password: password,
          redfish_verify_ca,
        },
      };
    }),
  );
}

function makeAccounts(): Site['accounts'] {
  const account = (name: string, project: string, role: string): DemoAccount => ({
    name,
    project,
    role,
    password: newPassword(),
  });
  return [
    account('operator', 'operations', 'admin'),
    account('alice', 'team-a', 'member'),
    account('bob', 'team-b', 'member'),
    account('carol', 'team-a', 'reader'),
  ];
}

/** Random passwords that live as long as the demo need no slow hash. */
function usersFile(accounts: Site['accounts']): string {
  return stringify({
    demo: true,
    projects: [...new Set(accounts.map(({ project }) => project))].map((name) => ({ name, id: name })),
    users: accounts.map(({ name, password, project, role }) => ({
      name,
      password,
      default_project: project,
      roles: [{ role, project }, ...(name === 'operator' ? [{ role, system: 'all' }] : [])],
    })),
  });
}

/** A disk image, and stand-ins for the agent's kernel and ramdisk: the virtual servers only look whether they are there. */
async function makeImage(folder: string): Promise<Omit<DemoImage, 'url'>> {
  await mkdir(folder, { recursive: true });
  const name = 'demo.raw';
  const content = randomBytes(IMAGE_BYTES);
  content.write('Kurogane demo image\n');
  await writeFile(join(folder, name), content);
  await writeFile(join(folder, 'agent.kernel'), 'kernel of the agent\n');
  await writeFile(join(folder, 'agent.initramfs'), 'ramdisk of the agent\n');
  return { name, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** Only the demo's own: variables of the user do not count. The usual ports, or free ones when they are taken. */
async function demoSettings(folder: string, users_file: string): Promise<Settings> {
  const boot_port = await freeOr(BOOT_PORT);
  const boot_url = `http://${LOOPBACK}:${boot_port}`;
  return loadSettings({
    env: {
      KUROGANE_DEFAULT__STATE_PATH: folder,
      KUROGANE_DEFAULT__HOST: 'demo',
      KUROGANE_DEFAULT__ENABLED_HARDWARE_TYPES: 'ipmi,redfish,fake-hardware',
      KUROGANE_DEFAULT__ENABLED_BOOT_INTERFACES: 'ipxe,pxe,fake',
      KUROGANE_DEFAULT__ENABLED_DEPLOY_INTERFACES: 'direct,ramdisk,fake',
      // Servers that are made up have BIOS settings, firmware and RAID too.
      KUROGANE_DEFAULT__ENABLED_BIOS_INTERFACES: 'no-bios,redfish,fake',
      KUROGANE_DEFAULT__ENABLED_FIRMWARE_INTERFACES: 'no-firmware,redfish,fake',
      KUROGANE_DEFAULT__ENABLED_RAID_INTERFACES: 'agent,no-raid,redfish,fake',
      KUROGANE_API__PORT: String(await freeOr(API_PORT)),
      KUROGANE_BOOT__PORT: String(boot_port),
      // All servers of the rack have one address.
      KUROGANE_BOOT__CALLS_PER_MINUTE: '0',
      KUROGANE_REGISTRATION__ENABLED: 'true',
      KUROGANE_REGISTRATION__PORT: '0',
      KUROGANE_IDENTITY__ENABLED: 'true',
      KUROGANE_IDENTITY__USERS_FILE: users_file,
      KUROGANE_CONDUCTOR__DEPLOY_KERNEL: `${boot_url}/images/agent.kernel`,
      KUROGANE_CONDUCTOR__DEPLOY_RAMDISK: `${boot_url}/images/agent.initramfs`,
      KUROGANE_CONDUCTOR__SYNC_POWER_STATE_INTERVAL: '10',
    },
  });
}

/** `port` when it can be had on loopback, else one that can. */
async function freeOr(port: number): Promise<number> {
  return (await listenOnce(port)) ?? (await listenOnce(0)) ?? 0;
}

async function listenOnce(port: number): Promise<number | null> {
  const server = createServer();
  const taken = await new Promise<number | null>((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(port, LOOPBACK, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : null);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return taken;
}
