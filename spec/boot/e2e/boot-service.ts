import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { startAllInOne } from '../../../bin/all-in-one.ts';
import { composeStore } from '../../../bin/compose-base.ts';
import { buildRamdisk, type Ramdisk } from '../../../boot/ramdisk/build.ts';
import { loadSettings } from '../../../config/load-settings.ts';
import { createLogger } from '../../../config/logger.ts';
import { projectRoot } from '../../../config/project-root.ts';
import { systemClock } from '../../../config/system-clock.ts';
import type { Store } from '../../../db/store.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import type { RegistrationRecord } from '../../../lifecycle/registration-records.ts';
import type { MachineIdentity } from '../../../rack/agent-host.ts';
import { type LldpSwitch, startLldpSwitch } from '../../../rack/qemu/lldp-switch.ts';
import { type QemuServer, type QemuServerOptions, startQemuServer } from '../../../rack/qemu/qemu-server.ts';
import { eventually } from '../../services/eventually.ts';
import { freePort } from '../../services/free-port.ts';
import { temporaryFolder } from '../../services/temporary-folder.ts';

const TOKEN = 'kg-e2e-boot';
/** This machine as guests of QEMU's user network see it. */
export const HOST = '10.0.2.2';
const LONGEST_MS = 300_000;
/** Of every kernel that QEMU runs here. Without the last one a kernel gives up that gets no tick of its timer in time, because the machine is busy. */
export const LINE = 'console=ttyS0 quiet no_timer_check';

/** The service in this process, without authentication, as machines in QEMU reach it. */
export interface BootService extends AsyncDisposable {
  readonly folder: string;
  /** Folder of the files under /images of the boot service. */
  readonly images: string;
  readonly store: Store;
  /** As this machine reaches it. */
  readonly api_url: string;
  /** As the guests reach it. */
  readonly boot_url: string;
  readonly bmc_port: number;
  /** Of this machine's loopback: where agents say that they are reached. Forward it to port 9999 of the one that is asked. */
  readonly agent_port: number;
}

export interface BootServiceOptions {
  /** What stands behind the kernel lines of the first stage. */
  append?: string;
  /** The ramdisk of the agent. Default: ours. */
  given?: Pick<Ramdisk, 'kernel' | 'initrd'>;
  /** Further settings, as variables. */
  env?: Readonly<Record<string, string>>;
}

export async function startBootService({
  append = '',
  given,
  env = {},
}: BootServiceOptions = {}): Promise<BootService> {
  const ramdisk =
    given ??
    (await buildRamdisk(
      join(projectRoot, 'boot', 'ramdisk', 'root'),
      join(projectRoot, '.build', 'ramdisk'),
    ));
  const folder = await temporaryFolder('kurogane-boot-e2e-');
  const images = join(folder.path, 'images');
  await mkdir(images);
  await copyFile(ramdisk.kernel, join(images, 'kernel'));
  await copyFile(ramdisk.initrd, join(images, 'initrd'));
  const [boot_port, api_port, grpc_port] = [await freePort(), await freePort(), await freePort()];
  const bmc_port = await freePort('udp', '127.67.0.10');
  const agent_port = await freePort();
  const boot_url = `http://${HOST}:${boot_port}`;
  const advertised = `ipa-advertise-host=127.0.0.1 ipa-advertise-port=${agent_port}`;
  const settings = loadSettings({
    env: {
      KUROGANE_DEFAULT__STATE_PATH: folder.path,
      KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth',
      KUROGANE_API__PORT: String(api_port),
      KUROGANE_API__PUBLIC_ENDPOINT: `http://${HOST}:${api_port}`,
      KUROGANE_BOOT__PORT: String(boot_port),
      KUROGANE_BOOT__IMAGE_PATH: images,
      KUROGANE_BOOT__ENROLMENT_TOKEN: TOKEN,
      KUROGANE_DEPLOY__HTTP_URL: boot_url,
      KUROGANE_CONDUCTOR__DEPLOY_KERNEL: `${boot_url}/images/kernel`,
      KUROGANE_CONDUCTOR__DEPLOY_RAMDISK: `${boot_url}/images/initrd`,
      KUROGANE_PXE__KERNEL_APPEND_PARAMS: `${LINE} kurogane.lldp_wait=3 ${advertised} ${append}`,
      KUROGANE_REGISTRATION__ENABLED: 'true',
      KUROGANE_REGISTRATION__PORT: String(grpc_port),
      KUROGANE_REGISTRATION__PUBLIC_ENDPOINT: `${HOST}:${grpc_port}`,
      KUROGANE_REGISTRATION__DRIVER_INFO: `ipmi_port=${bmc_port}`,
      ...env,
    },
  });
  const service = await startAllInOne(settings, createLogger({ level: 'error', name: 'boot-e2e' }));
  const store = await composeStore(settings, true);
  const token_hash = createHash('sha256').update(TOKEN).digest('hex');
  await store.enrolment_tokens.create({ name: 'boot', token_hash });
  await store.ip_pools.create({
    ...{ name: 'bmc', network: '127.67.0.0/16' },
    ranges: [{ first: '127.67.0.10', last: '127.67.0.20' }],
  });
  return {
    ...{ folder: folder.path, images, store, boot_url, bmc_port, agent_port },
    api_url: `http://127.0.0.1:${api_port}`,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}

/** Of every port of leaf1, as it tells by LLDP. */
export const SWITCH_VLAN = 110;

/** A machine in QEMU: who it is, and where its second port is plugged in. */
export interface RackedServer extends AsyncDisposable {
  readonly uuid: string;
  readonly serial: string;
  readonly macs: readonly string[];
  readonly server: QemuServer;
  /** What it said on its serial port, since it was built. */
  console(): Promise<string>;
}

export interface Racking
  extends Pick<QemuServerOptions, 'bmc' | 'disk' | 'nvme' | 'forwards'>,
    Partial<Pick<QemuServerOptions, 'memory_mb'>> {
  serial: string;
  /** Two digits that make its addresses its own. */
  number: string;
  /** Port of the switch leaf1 that its second port is plugged into. */
  plugged: string;
}

/** Builds a server that is off. */
export async function rackServer(service: BootService, racking: Racking): Promise<RackedServer> {
  const { serial, number, plugged, ...more } = racking;
  const identity: MachineIdentity = {
    ...{ name: serial, serial, manufacturer: 'QEMU', product_name: 'Virtual', address: '127.0.0.1' },
    uuid: `4c4c4544-0000-4010-8000-0000000000${number}`,
    macs: [`52:54:00:e2:${number}:01`, `52:54:00:e2:${number}:02`],
  };
  const serial_log = join(service.folder, `${serial}.log`);
  const leaf: LldpSwitch = await startLldpSwitch(systemClock, 'n1', 'leaf1', plugged, SWITCH_VLAN);
  const server = await startQemuServer({
    ...{ clock: systemClock, identity, bmc_port: service.bmc_port, serial_log, memory_mb: 512 },
    ...{ netdevs: [leaf.netdev], bootfile: `${service.boot_url}/boot.ipxe`, ...more },
  });
  return {
    ...{ uuid: identity.uuid, serial, macs: identity.macs, server },
    console: () => readFile(serial_log, 'utf8').catch(() => ''),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await leaf[Symbol.asyncDispose]();
    },
  };
}

/** Looks now and then: the machines need the processors. Fails with what the server said last. */
export async function sooner<T>(racked: RackedServer, check: () => Promise<T>): Promise<T> {
  try {
    return await eventually(async () => {
      await systemClock.sleep(300);
      return await check();
    }, LONGEST_MS);
  } catch (error) {
    const told = (await racked.console()).slice(-4000);
    throw new Error(
      `${(error as Error).message}\n${racked.server.output()}\n--- the server's console:\n${told}`,
      { cause: error },
    );
  }
}

/** The last registration of a server, once it has ended so. */
export function registered(
  { store }: BootService,
  racked: RackedServer,
  state: 'succeeded' | 'failed',
): Promise<RegistrationRecord> {
  return sooner(racked, async () => {
    const found = await store.registrations.list({ where: { system_uuid: racked.uuid } });
    const record = found.at(-1);
    if (record?.state !== state) throw new Error(`The registration is ${record?.state ?? 'not there yet'}.`);
    return record;
  });
}

/** The node, once it has reached a state and nothing is at work on it; it fails as soon as the node has failed. */
export async function reached(
  { store }: BootService,
  racked: RackedServer,
  provision_state: NodeRecord['provision_state'],
): Promise<NodeRecord> {
  const node = await sooner(racked, async () => {
    const found = await store.nodes.get(racked.uuid);
    if (found === null) throw new Error('There is no node.');
    if (!found.provision_state.endsWith('failed'))
      expect(found).to.include({ provision_state, reservation: null });
    return found;
  });
  // Its own words, which an assertion would shorten.
  if (node.last_error !== null) throw new Error(`${node.provision_state}: ${node.last_error}`);
  expect(node).to.include({ provision_state });
  return node;
}

export async function poweredOff(racked: RackedServer): Promise<void> {
  await sooner(racked, async () => expect(racked.server.power).to.equal('off'));
}
