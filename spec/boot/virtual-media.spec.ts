import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type AllInOne, startAllInOne } from '../../bin/all-in-one.ts';
import { loadSettings } from '../../config/load-settings.ts';
import { createLogger } from '../../config/logger.ts';
import { createIso } from '../../iso/iso9660.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { RedfishServer } from '../../rack/redfish/redfish-rack.ts';
import { bootSector } from '../builders/boot-sector.ts';
import { type QuickRack, quickRack } from '../drivers/redfish/redfish-bench.ts';
import { eventually } from '../services/eventually.ts';
import { freePort } from '../services/free-port.ts';
import { type TemporaryFolder, temporaryFolder } from '../services/temporary-folder.ts';
import { askApi } from './ask-api.ts';

const IMAGE = Buffer.alloc(64 * 1024, 'an operating system ');

describe('the boot interface redfish-virtual-media', function () {
  this.timeout(30_000);
  let folder: TemporaryFolder;
  let rack: QuickRack;
  let server: RedfishServer;
  let service: AllInOne;
  let api_port: number;
  let boot_url: string;
  let uuid: string;

  beforeEach(async () => {
    folder = await temporaryFolder('kurogane-vmedia-');
    const images = join(folder.path, 'images');
    await mkdir(images);
    for (const [name, content] of Object.entries({
      ...{ kernel: 'a kernel', initrd: 'a ramdisk', 'os.raw': IMAGE },
      'own.iso': createIso('own', [{ path: 'boot.bin', content: LOADER }], 0, { bios: LOADER }),
    }))
      await writeFile(join(images, name), content);
    await writeFile(join(folder.path, 'isolinux.bin'), LOADER);
    await writeFile(join(folder.path, 'ldlinux.c32'), 'a part of it');
    rack = await quickRack({ count: 1 });
    server = rack.server(0);
    uuid = server.machine.identity.uuid;
    api_port = await freePort();
    const boot_port = await freePort();
    boot_url = `http://127.0.0.1:${boot_port}`;
    const settings = loadSettings({
      env: {
        KUROGANE_DEFAULT__STATE_PATH: folder.path,
        KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth',
        KUROGANE_DEFAULT__ISOLINUX_BIN: join(folder.path, 'isolinux.bin'),
        KUROGANE_DEFAULT__LDLINUX_C32: join(folder.path, 'ldlinux.c32'),
        KUROGANE_API__PORT: String(api_port),
        KUROGANE_API__PUBLIC_ENDPOINT: `http://127.0.0.1:${api_port}`,
        KUROGANE_BOOT__PORT: String(boot_port),
        KUROGANE_BOOT__IMAGE_PATH: images,
        KUROGANE_DEPLOY__HTTP_URL: boot_url,
        KUROGANE_CONDUCTOR__DEPLOY_KERNEL: `${boot_url}/images/kernel`,
        KUROGANE_CONDUCTOR__DEPLOY_RAMDISK: `${boot_url}/images/initrd`,
        KUROGANE_PXE__KERNEL_APPEND_PARAMS: 'console=ttyS0',
      },
    });
    service = await startAllInOne(settings, createLogger({ level: 'error', name: 'vmedia' }));
    await call('POST', 'nodes', {
      ...{ uuid, name: 'by-cd', driver: 'redfish', boot_interface: 'redfish-virtual-media' },
      ...{ network_interface: 'noop', automated_clean: false },
      driver_info: rack.driver_info(0),
    });
    await call('POST', 'ports', { node_uuid: uuid, address: server.machine.identity.macs[0] ?? '' });
  });
  afterEach(async () => {
    await service?.[Symbol.asyncDispose]();
    await rack?.[Symbol.asyncDispose]();
    await folder?.remove();
  });

  const call = (method: string, path: string, body?: object) =>
    askApi(`http://127.0.0.1:${api_port}`, method, path, body);

  const go = async (target: string, provision_state: string): Promise<JsonObject> => {
    await call('PUT', `nodes/${uuid}/states/provision`, { target });
    return await eventually(async () => {
      const node = (await call('GET', `nodes/${uuid}`)) as JsonObject;
      if (provision_state !== node.provision_state && String(node.provision_state).endsWith('failed'))
        throw new Error(String(node.last_error));
      expect(node).to.include({ provision_state, reservation: null });
      return node;
    }, 15_000);
  };
  const tell = (fields: JsonObject) =>
    call(
      'PATCH',
      `nodes/${uuid}`,
      Object.entries(fields).map(([path, value]) => ({ op: 'add', path, value })),
    );
  const IMAGE_FACTS = () => ({
    '/instance_info/image_source': `${boot_url}/images/os.raw`,
    '/instance_info/image_os_hash_algo': 'sha256',
    '/instance_info/image_os_hash_value': createHash('sha256').update(IMAGE).digest('hex'),
  });
  const booted = () =>
    server.machine.events.filter(({ event }) => event === 'cd').map(({ detail }) => detail);

  it('boots the agent from a CD of the boot service, deploys with it, and takes it out; no network boot', async () => {
    await go('manage', 'manageable');
    await go('provide', 'available');
    await tell(IMAGE_FACTS());
    // Of nothing that a node does not boot now.
    expect((await fetch(`${boot_url}/boot-iso/${uuid}.iso`)).status).to.equal(404);
    await go('active', 'active');
    await server.machine.until(({ running }) => running.what === 'os');
    expect(booted()).to.deep.equal([`loaded ${boot_url}/boot-iso/${uuid}.iso`]);
    expect(server.machine.medium).to.equal(null);
    expect(server.machine.events.map(({ event }) => event)).not.to.include('ipxe script');
  });

  it('boots the ISO of an instance, and takes it out when the instance goes', async () => {
    await go('manage', 'manageable');
    await go('provide', 'available');
    await tell({
      '/deploy_interface': 'ramdisk',
      '/instance_info/boot_iso': `${boot_url}/images/own.iso`,
    });
    await go('active', 'active');
    await server.machine.until(({ running }) => running.what === 'iso');
    expect(server.machine.running).to.include({ url: `${boot_url}/images/own.iso` });
    expect(server.machine.boot_override).to.include({ device: 'cdrom', persistent: true });
    await go('deleted', 'available');
    expect(server.machine).to.include({ medium: null, power: 'off' });
  });

  it('says on the node why there is no CD', async () => {
    await go('manage', 'manageable');
    await go('provide', 'available');
    await tell({ ...IMAGE_FACTS(), '/driver_info/deploy_kernel': `${boot_url}/images/nothing` });
    const { last_error } = await go('active', 'deploy failed');
    expect(last_error).to.contain('The boot service does not have the CD that the server is to boot');
    expect(server.machine.medium).to.equal(null);
  });
});

const LOADER = bootSector('a loader');
