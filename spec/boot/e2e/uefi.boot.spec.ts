import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { buildRamdisk } from '../../../boot/ramdisk/build.ts';
import { projectRoot } from '../../../config/project-root.ts';
import { eventually } from '../../services/eventually.ts';
import { freePort } from '../../services/free-port.ts';
import { run, startChild } from '../../services/process.ts';
import { type TemporaryFolder, temporaryFolder } from '../../services/temporary-folder.ts';
import { beside } from './beside.ts';
import { HOST, LINE } from './boot-service.ts';

const UUID = '4c4c4544-0000-4010-8000-000000000051';
const PXE_UUID = '4c4c4544-0000-4010-8000-000000000052';
const LONGEST_MS = 240_000;

/** How the machines are plugged in: a namespace, a bridge and tap devices need no root where the kernel lets users have them. */
async function network(): Promise<'tap' | 'user'> {
  const { code } = await run({
    command: 'unshare',
    args: ['-Urn', 'sh', '-c', 'ip link add br0 type bridge && ip tuntap add tap0 mode tap'],
  });
  return code === 0 ? 'tap' : 'user';
}

describe('S9 S10 S11 a server with UEFI firmware that nobody knows', function () {
  this.timeout(LONGEST_MS + 60_000);
  const story = beside(async () => {
    const temporary = await temporaryFolder('kurogane-uefi-e2e-');
    try {
      await boots(temporary);
    } finally {
      await temporary.remove();
    }
  });

  it(
    'boots by UEFI HTTP boot, or by PXE: dnsmasq as the service configures it, iPXE for UEFI, the script; the first stage asks to register',
    story,
  );
});

async function boots(temporary: TemporaryFolder): Promise<void> {
  const kind = await network();
  const by_tap = kind === 'tap';
  process.stdout.write(
    by_tap
      ? '      dnsmasq in a network namespace\n'
      : "      no tap device for this user: QEMU's own DHCP stands for dnsmasq\n",
  );
  const folder = temporary.path;
  const ramdisk = await buildRamdisk(
    join(projectRoot, 'boot', 'ramdisk', 'root'),
    join(projectRoot, '.build', 'ramdisk'),
  );
  const images = join(folder, 'images');
  const tftp = join(folder, 'tftp');
  await mkdir(images);
  await mkdir(tftp);
  await copyFile(ramdisk.kernel, join(images, 'kernel'));
  await copyFile(ramdisk.initrd, join(images, 'initrd'));
  for (const name of ['ipxe.efi', 'undionly.kpxe'])
    await copyFile(join('/usr/lib/ipxe', name), join(tftp, name));
  await copyFile('/usr/lib/ipxe/ipxe.efi', join(images, 'ipxe.efi'));
  const [boot_port, api_port, grpc_port] = [await freePort(), await freePort(), await freePort()];
  const address = by_tap ? '10.77.0.1' : HOST;
  const listen = by_tap ? address : '127.0.0.1';
  const boot_url = `http://${address}:${boot_port}`;
  const rack = join(projectRoot, 'spec', 'boot', 'e2e', 'uefi-rack.sh');
  await using machine = await startChild({
    ...(by_tap ? { command: 'unshare', args: ['-Urn', 'sh', rack] } : { command: 'sh', args: [rack] }),
    env: {
      ...process.env,
      ...{ FOLDER: folder, NETWORK: kind, UUID, PXE_UUID, ADDRESS: address, BOOT_PORT: String(boot_port) },
      ...{ NODE: process.execPath, KUROGANE: join(projectRoot, 'dist', 'bin', 'kurogane.js') },
      KUROGANE_DEFAULT__STATE_PATH: folder,
      KUROGANE_DEFAULT__AUTH_STRATEGY: 'noauth',
      KUROGANE_API__HOST_IP: listen,
      KUROGANE_API__PORT: String(api_port),
      KUROGANE_API__PUBLIC_ENDPOINT: `http://${address}:${api_port}`,
      KUROGANE_BOOT__HOST_IP: listen,
      KUROGANE_BOOT__PORT: String(boot_port),
      KUROGANE_BOOT__IMAGE_PATH: images,
      KUROGANE_BOOT__ENROLMENT_TOKEN: 'kg-a-token-that-nobody-made',
      KUROGANE_DEPLOY__HTTP_URL: boot_url,
      KUROGANE_CONDUCTOR__DEPLOY_KERNEL: `${boot_url}/images/kernel`,
      KUROGANE_CONDUCTOR__DEPLOY_RAMDISK: `${boot_url}/images/initrd`,
      KUROGANE_PXE__KERNEL_APPEND_PARAMS: `${LINE} kurogane.lldp_wait=0.1`,
      KUROGANE_REGISTRATION__ENABLED: 'true',
      KUROGANE_REGISTRATION__HOST_IP: listen,
      KUROGANE_REGISTRATION__PORT: String(grpc_port),
      KUROGANE_REGISTRATION__PUBLIC_ENDPOINT: `${address}:${grpc_port}`,
    },
  });
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8').catch(() => '');
  try {
    await eventually(async () => {
      if (!machine.running) return;
      await sleep(300);
      // The token is none of the service's: it answers the first stage with a refusal.
      expect(await read('serial.log')).to.contain('REGISTRATION REFUSED');
    }, LONGEST_MS);
    const said = await read('serial.log');
    expect(said)
      .to.contain('Open Source Network Boot Firmware')
      .and.match(/first stage, kernel [\d.-]+-amd64/);
    if (!by_tap) return;
    const leases = await read('dnsmasq.log');
    // By HTTP: the firmware got iPXE from the boot service; by PXE: by TFTP. iPXE got the script of the service.
    expect(said).to.contain('BdsDxe: starting Boot0001 "UEFI HTTPv4');
    expect(leases)
      .to.match(/vendor class: HTTPClient:Arch:00016/)
      .and.match(/tags: net0, http64, br0/)
      .and.match(/option: 67 bootfile-name +http:\S+\/images\/ipxe\.efi/)
      .and.match(/vendor class: PXEClient:Arch:00007/)
      .and.match(/tags: net0, efi64, br0/)
      .and.match(/sent .*\/tftp\/ipxe\.efi to 10\.77\.0\./)
      .and.match(/tags: net0, ipxe, efi64, br0/);
    expect(await read('serve.log'))
      .to.match(new RegExp(`"system_uuid":"${UUID}".*asked what to boot`))
      .and.match(new RegExp(`"system_uuid":"${PXE_UUID}".*asked what to boot`));
  } catch (error) {
    const [serial, serve, leases] = [
      await read('serial.log'),
      await read('serve.log'),
      await read('dnsmasq.log'),
    ];
    throw new Error(
      [
        (error as Error).message,
        machine.output(),
        serve.slice(-2000),
        leases.slice(-2000),
        serial.slice(-3000),
      ].join('\n---\n'),
      { cause: error },
    );
  }
}
