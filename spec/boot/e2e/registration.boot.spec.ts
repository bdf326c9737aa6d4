import { createHash } from 'node:crypto';
import { copyFile, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type AllInOne, startAllInOne } from '../../../bin/all-in-one.ts';
import { composeStore } from '../../../bin/compose-base.ts';
import { buildRamdisk } from '../../../boot/ramdisk/build.ts';
import { loadSettings } from '../../../config/load-settings.ts';
import { createLogger } from '../../../config/logger.ts';
import { projectRoot } from '../../../config/project-root.ts';
import { systemClock } from '../../../config/system-clock.ts';
import type { Store } from '../../../db/store.ts';
import { startLldpSwitch } from '../../../rack/qemu/lldp-switch.ts';
import { type QemuServer, type QemuServerOptions, startQemuServer } from '../../../rack/qemu/qemu-server.ts';
import { eventually } from '../../services/eventually.ts';
import { freePort } from '../../services/free-port.ts';
import { type TemporaryFolder, temporaryFolder } from '../../services/temporary-folder.ts';

const TOKEN = 'kg-e2e-boot';
/** This machine as guests of QEMU's user network see it. */
const HOST = '10.0.2.2';

const identity = (serial: string, number: string) => ({
  ...{ name: serial, serial, manufacturer: 'QEMU', product_name: 'Virtual', address: '127.0.0.1' },
  uuid: `4c4c4544-0000-4010-8000-0000000000${number}`,
  macs: [`52:54:00:e2:${number}:01`, `52:54:00:e2:${number}:02`],
});

describe('S8 S9 S11 S17 S24 S26 S27 a new server whose power button is pressed', function () {
  this.timeout(300_000);
  let folder: TemporaryFolder;
  let service: AllInOne;
  let store: Store;
  let bmc_port: number;
  let boot_port: number;
  let api_port: number;
  let images: string;

  before(async () => {
    const ramdisk = await buildRamdisk(
      join(projectRoot, 'boot', 'ramdisk', 'root'),
      join(projectRoot, '.build', 'ramdisk'),
    );
    folder = await temporaryFolder('kurogane-boot-e2e-');
    images = join(folder.path, 'images');
    await mkdir(images);
    await copyFile(ramdisk.kernel, join(images, 'kernel'));
    await copyFile(ramdisk.initrd, join(images, 'initrd'));
    boot_port = await freePort();
    api_port = await freePort();
    bmc_port = await freePort('udp', '127.67.0.10');
    const grpc_port = await freePort();
    const boot_url = `http://${HOST}:${boot_port}`;
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
        KUROGANE_PXE__KERNEL_APPEND_PARAMS: 'console=ttyS0 kurogane.lldp_wait=6',
        KUROGANE_REGISTRATION__ENABLED: 'true',
        KUROGANE_REGISTRATION__PORT: String(grpc_port),
        KUROGANE_REGISTRATION__PUBLIC_ENDPOINT: `${HOST}:${grpc_port}`,
        KUROGANE_REGISTRATION__DRIVER_INFO: `ipmi_port=${bmc_port}`,
      },
    });
    service = await startAllInOne(settings, createLogger({ level: 'error', name: 'boot-e2e' }));
    store = await composeStore(settings, true);
    const token_hash = createHash('sha256').update(TOKEN).digest('hex');
    await store.enrolment_tokens.create({ name: 'boot', token_hash });
    await store.ip_pools.create({
      ...{ name: 'bmc', network: '127.67.0.0/16' },
      ranges: [{ first: '127.67.0.10', last: '127.67.0.20' }],
    });
  });
  after(async () => {
    await store?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
    await folder?.remove();
  });

  /** A server whose second port is plugged into a switch, and where the plan wants that port to be. */
  async function racked(
    serial: string,
    number: string,
    plugged: string,
    planned: string,
    use: (server: QemuServer, uuid: string, log: () => Promise<string>) => Promise<void>,
    more: Pick<QemuServerOptions, 'disk' | 'forwards'> = {},
  ): Promise<void> {
    const it = identity(serial, number);
    await store.cables.create({
      device: serial,
      port: it.macs[1] ?? '',
      switch_name: 'leaf1',
      switch_port: planned,
    });
    const serial_log = join(folder.path, `${serial}.log`);
    await using leaf = await startLldpSwitch(systemClock, 'n1', 'leaf1', plugged);
    await using server = await startQemuServer({
      ...{
        clock: systemClock,
        identity: it,
        bmc_port,
        serial_log,
        memory_mb: 512,
        netdevs: [leaf.netdev],
        ...more,
      },
      bootfile: `http://${HOST}:${boot_port}/boot.ipxe`,
    });
    const log = (): Promise<string> => readFile(serial_log, 'utf8').catch(() => '');
    try {
      server.powerOn();
      await use(server, it.uuid, log);
    } catch (error) {
      const told = (await log()).slice(-4000);
      throw new Error(`${(error as Error).message}\n${server.output()}\n--- the server's console:\n${told}`, {
        cause: error,
      });
    }
  }

  const ended = (system_uuid: string, state: 'succeeded' | 'failed') =>
    eventually(async () => {
      // The machines need the processors.
      await systemClock.sleep(300);
      const [record] = await store.registrations.list({ where: { system_uuid } });
      expect(record?.state).to.equal(state);
      return record;
    }, 150_000);

  it('registers, has the address of its BMC set in band, and is off, with no call of an operator; one that is plugged in wrongly stays on and names port and switch', async () => {
    await Promise.all([
      racked('QEMU-A', '01', 'Eth1/7', 'Eth1/7', async (server, uuid) => {
        const record = await ended(uuid, 'succeeded');
        await eventually(() => expect(server.power).to.equal('off'), 60_000);
        expect(server.bmc_address)
          .to.match(/^127\.67\.0\.1\d$/)
          .and.equal(record?.bmc_address);
        expect(await store.nodes.get(uuid)).to.include({
          provision_state: 'manageable',
          power_state: 'power off',
        });
        expect(await store.servers.get(uuid)).to.include({
          serial_number: 'QEMU-A',
          manufacturer: 'QEMU',
          stage: 'inventory',
        });
        const ports = await store.ports.list({ where: { node_uuid: uuid } });
        expect(ports.map(({ address }) => address).sort()).to.deep.equal(identity('', '01').macs);
        const plugged = ports.find(({ address }) => address === identity('', '01').macs[1]);
        expect(plugged?.local_link_connection).to.include({ switch_info: 'leaf1', port_id: 'Eth1/7' });
      }),
      racked('QEMU-B', '02', 'Eth1/9', 'Eth1/8', async (server, uuid, log) => {
        const record = await ended(uuid, 'failed');
        expect(record?.step).to.equal('cabling');
        expect(record?.cause).to.match(/in the wrong port: expected leaf1 Eth1\/8, found leaf1 Eth1\/9/);
        await eventually(
          async () => expect(await log()).to.contain('REGISTRATION FAILED at cabling'),
          60_000,
        );
        expect(server.power).to.equal('on');
        expect(server.bmc_address).to.equal(null);
        expect(await store.nodes.get(uuid)).to.include({ provision_state: 'enroll' });
      }),
    ]);
  });

  /** As any client: without authentication here. */
  async function call(method: string, path: string, body: object): Promise<void> {
    const reply = await fetch(`http://127.0.0.1:${api_port}/v1/nodes/${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.82' },
      body: JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
  }

  const reached = (uuid: string, provision_state: string) =>
    eventually(async () => {
      await systemClock.sleep(300);
      const node = await store.nodes.get(uuid);
      if (node?.provision_state.endsWith('failed'))
        throw new Error(`${node.provision_state}: ${node.last_error}`);
      expect(node).to.include({ provision_state, reservation: null });
    }, 150_000);

  it('registers, gets an image written by the agent, and boots it from its disk', async () => {
    const agent_port = await freePort();
    const disk = join(folder.path, 'disk.img');
    await using file = await open(disk, 'w');
    await file.truncate(DISK_BYTES);
    const image = bootableImage();
    await writeFile(join(images, 'os.raw'), image);
    await racked(
      'QEMU-C',
      '03',
      'Eth1/3',
      'Eth1/3',
      async (server, uuid, log) => {
        await ended(uuid, 'succeeded');
        await eventually(() => expect(server.power).to.equal('off'), 60_000);
        await call('PATCH', uuid, [
          { op: 'add', path: '/automated_clean', value: false },
          {
            op: 'add',
            path: '/driver_info/kernel_append_params',
            value: `%default% ipa-advertise-host=127.0.0.1 ipa-advertise-port=${agent_port}`,
          },
          ...Object.entries({
            image_source: `http://${HOST}:${boot_port}/images/os.raw`,
            image_os_hash_algo: 'sha256',
            image_os_hash_value: createHash('sha256').update(image).digest('hex'),
          }).map(([name, value]) => ({ op: 'add', path: `/instance_info/${name}`, value })),
        ]);
        await call('PUT', `${uuid}/states/provision`, { target: 'provide' });
        await reached(uuid, 'available');
        await call('PUT', `${uuid}/states/provision`, { target: 'active' });
        await reached(uuid, 'active');
        await eventually(async () => expect(await log()).to.contain(MARKER), 60_000);
      },
      { disk, forwards: [{ from: agent_port, to: 9999 }] },
    );
  });
});

const DISK_BYTES = 96 * 1024 ** 2;
const IMAGE_BYTES = 64 * 1024 ** 2;
const MARKER = 'Kurogane booted this disk.';

/** A disk whose boot sector says a sentence on the serial port and halts: cli, ds = 0, then a byte after the other to 3F8h. */
function bootableImage(): Buffer {
  const code = [
    ...[0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0xbe, 0x17, 0x7c, 0xfc, 0xac, 0x84, 0xc0, 0x74, 0x06],
    ...[0xba, 0xf8, 0x03, 0xee, 0xeb, 0xf5, 0xf4, 0xeb, 0xfd],
  ];
  const image = Buffer.alloc(IMAGE_BYTES);
  Buffer.concat([Buffer.from(code), Buffer.from(`\r\n${MARKER}\r\n\0`)]).copy(image);
  image.writeUInt16LE(0xaa55, 510);
  return image;
}
