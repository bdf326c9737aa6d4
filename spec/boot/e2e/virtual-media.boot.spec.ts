import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { startAllInOne } from '../../../bin/all-in-one.ts';
import { buildRamdisk } from '../../../boot/ramdisk/build.ts';
import { loadSettings } from '../../../config/load-settings.ts';
import { createLogger } from '../../../config/logger.ts';
import { projectRoot } from '../../../config/project-root.ts';
import { systemClock } from '../../../config/system-clock.ts';
import { isObject, type JsonObject } from '../../../lifecycle/json.ts';
import { selfSignedCertificate } from '../../../rack/certificate.ts';
import { startQemuServer } from '../../../rack/qemu/qemu-server.ts';
import { eventually } from '../../services/eventually.ts';
import { freePort } from '../../services/free-port.ts';
import { linuxIso } from '../../services/isolinux-iso.ts';
import { temporaryFolder } from '../../services/temporary-folder.ts';
import { askApi } from '../ask-api.ts';
import { beside } from './beside.ts';
import { LINE } from './boot-service.ts';

/** This machine as guests of QEMU's user network see it. */
const HOST = '10.0.2.2';
const MARKER = 'a rescue system from a CD is at work';
const SCRIPT = `#!/bin/sh\necho "${MARKER}"\nsync\npoweroff -f\n`;
const UUID = '4c4c4544-0000-4010-8000-000000000031';

describe('S81 a server boots from an ISO by virtual media', function () {
  this.timeout(300_000);

  it(
    'which is inserted, booted once and ejected through the API; the server switches itself off, and the service sees it',
    beside(bootsFromIso),
  );
});

async function bootsFromIso(): Promise<void> {
  const folder = await temporaryFolder('kurogane-vmedia-e2e-');
  await using _folder = { [Symbol.asyncDispose]: () => folder.remove() };
  const ramdisk = await buildRamdisk(
    join(projectRoot, 'boot', 'ramdisk', 'root'),
    join(projectRoot, '.build', 'ramdisk'),
  );
  const serial_log = join(folder.path, 'serial.log');
  const images = join(folder.path, 'images');
  await mkdir(images);
  const [boot_port, api_port] = [await freePort(), await freePort()];
  await writeFile(join(images, 'rescue.sh'), SCRIPT);
  await writeFile(
    join(images, 'rescue.iso'),
    await linuxIso('rescue', ramdisk, [
      LINE.replace(' quiet', ''),
      `kurogane.script=http://${HOST}:${boot_port}/images/rescue.sh`,
      `kurogane.script_sha256=${createHash('sha256').update(SCRIPT).digest('hex')}`,
    ]),
  );
  const certificate = await selfSignedCertificate('127.0.0.1', systemClock.now());
  await writeFile(join(folder.path, 'ca.pem'), certificate.cert);
  await using server = await startQemuServer({
    ...{ clock: systemClock, bmc_port: 0, memory_mb: 512, netdevs: [], serial_log },
    identity: {
      ...{ name: 'QEMU-F', serial: 'QEMU-F', manufacturer: 'QEMU', product_name: 'Virtual' },
      ...{ uuid: UUID, macs: ['52:54:00:e2:31:01'], address: '127.0.0.1' },
    },
    redfish: { address: '127.0.0.1', port: 0, username: 'admin', password: 'r3dfish', certificate },
  });
  const settings = loadSettings({
    env: {
      KUROGANE_DEFAULT__STATE_PATH: folder.path,
      KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth',
      KUROGANE_API__PORT: String(api_port),
      KUROGANE_BOOT__PORT: String(boot_port),
      KUROGANE_BOOT__IMAGE_PATH: images,
    },
  });
  await using _service = await startAllInOne(settings, createLogger({ level: 'error', name: 'vmedia-e2e' }));
  const call = (method: string, path: string, body?: object) =>
    askApi(`http://127.0.0.1:${api_port}`, method, path, body);

  const node = async (): Promise<JsonObject> => {
    const body = await call('GET', `nodes/${UUID}`);
    return isObject(body) ? body : {};
  };
  const reaches = (fields: JsonObject) =>
    eventually(async () => {
      const now = await node();
      if (String(now.provision_state).endsWith('failed')) throw new Error(String(now.last_error));
      expect(now).to.include({ reservation: null, ...fields });
    }, 60_000);

  await call('POST', 'nodes', {
    ...{ uuid: UUID, name: 'qemu-f', driver: 'redfish' },
    driver_info: {
      redfish_address: server.redfish?.url ?? '',
      redfish_username: 'admin',
      redfish_password: 'r3dfish',
      redfish_verify_ca: join(folder.path, 'ca.pem'),
    },
  });
  const iso_url = `http://127.0.0.1:${boot_port}/images/rescue.iso`;
  try {
    await call('PUT', `nodes/${UUID}/states/provision`, { target: 'manage' });
    await reaches({ provision_state: 'manageable', power_state: 'power off' });
    await call('POST', `nodes/${UUID}/vmedia`, { device_type: 'cdrom', image_url: iso_url });
    await reaches({ last_error: null });
    await call('PUT', `nodes/${UUID}/management/boot_device`, { boot_device: 'cdrom', persistent: false });
    await reaches({ last_error: null });
    await call('PUT', `nodes/${UUID}/states/power`, { target: 'power on' });
    const log = (): Promise<string> => readFile(serial_log, 'utf8').catch(() => '');
    await eventually(async () => expect(await log()).to.contain('Linux version'), 120_000);
    await eventually(async () => expect(await log()).to.contain(MARKER), 120_000);
    await eventually(() => expect(server.power).to.equal('off'), 60_000);
    expect(await call('GET', `nodes/${UUID}/management/boot_device`)).to.include({ boot_device: null });
    await call('DELETE', `nodes/${UUID}/vmedia`);
    await reaches({ last_error: null });
    expect(await call('GET', `nodes/${UUID}/vmedia`)).to.deep.include({
      ...{ media_types: ['CD', 'DVD'], inserted: false, image: null },
    });
    expect(server.output()).to.equal('');
  } catch (error) {
    const told = (await readFile(serial_log, 'utf8').catch(() => '')).slice(-3000);
    const { message } = error as Error;
    throw new Error(`${message}\n${server.output()}\n--- the server's console:\n${told}`, { cause: error });
  }
}
