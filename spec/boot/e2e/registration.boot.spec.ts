import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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
import { type QemuServer, startQemuServer } from '../../../rack/qemu/qemu-server.ts';
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
  this.timeout(240_000);
  let folder: TemporaryFolder;
  let service: AllInOne;
  let store: Store;
  let bmc_port: number;
  let boot_port: number;

  before(async () => {
    const ramdisk = await buildRamdisk(
      join(projectRoot, 'boot', 'ramdisk', 'root'),
      join(projectRoot, '.build', 'ramdisk'),
    );
    folder = await temporaryFolder('kurogane-boot-e2e-');
    boot_port = await freePort();
    bmc_port = await freePort('udp', '127.67.0.10');
    const grpc_port = await freePort();
    const boot_url = `http://${HOST}:${boot_port}`;
    const settings = loadSettings({
      env: {
        KUROGANE_DEFAULT__STATE_PATH: folder.path,
        KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth',
        KUROGANE_API__PORT: '0',
        KUROGANE_BOOT__PORT: String(boot_port),
        KUROGANE_BOOT__IMAGE_PATH: dirname(ramdisk.kernel),
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
      ...{ clock: systemClock, identity: it, bmc_port, serial_log, memory_mb: 512, netdevs: [leaf.netdev] },
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
});
