import { createHash } from 'node:crypto';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { installState } from '../../../lifecycle/install-state.ts';
import { type OpenstackShell, startOpenstackShell } from '../../e2e/openstack-shell.ts';
import {
  type BootService,
  poweredOff,
  type RackedServer,
  rackServer,
  reached,
  registered,
  sooner,
  startBootService,
} from './boot-service.ts';
import { buildDisk, buildSystem } from './small-system.ts';

const MB = 1024 ** 2;
const DISK_BYTES = 96 * MB;
/** What is gone when the server was given back. */
const PLANTED = 'A secret of the customer before.';

/** Servers that lie beside each other, each with a story of its own; every test looks at one part of one. */
describe('a server whose power button is pressed', function () {
  this.timeout(300_000);
  const opened: AsyncDisposable[] = [];
  let parts: Record<'registered' | 'deployed' | 'erased' | 'refused', Promise<void>>;

  before(async () => {
    const service = await startBootService();
    opened.push(service);
    const shell = await startOpenstackShell({ endpoint: service.api_url });
    opened.push(shell);
    const [good, wrong] = [await rackGood(service), await rackWrong(service)];
    opened.push(good, wrong);
    const was_registered = goodRegisters(service, good);
    const deployed = was_registered.then(() => goodIsDeployed(service, good, shell));
    const erased = deployed.then(() => goodIsGivenBack(service, good, shell));
    parts = { registered: was_registered, deployed, erased, refused: wrongIsRefused(service, wrong) };
    // They are looked at later.
    for (const part of Object.values(parts)) part.catch(() => {});
  });
  after(async () => {
    for (const each of opened.reverse()) await each[Symbol.asyncDispose]();
  });

  it('S8 S9 S11 S13 S17 S24 S26 registers, has the address of its BMC set in band, and is off, with no call of an operator', () =>
    parts.registered);

  it('S27 S34 stays on when it is plugged in wrongly, and names the port and the expected switch', () =>
    parts.refused);

  it('S12 S43 S45 S50 S55 is deployed by the stock client: boots the agent, has 64 MiB written, boots them, and says that it is installed', () =>
    parts.deployed);

  it('S93 S97 has nothing left of its customer when it was given back, and a certificate says so', () =>
    parts.erased);
});

async function plan({ store }: BootService, racked: RackedServer, switch_port: string): Promise<void> {
  const [, port = ''] = racked.macs;
  await store.cables.create({ device: racked.serial, port, switch_name: 'leaf1', switch_port });
}

async function rackGood(service: BootService): Promise<RackedServer> {
  const disk = join(service.folder, 'disk.img');
  await using file = await open(disk, 'w');
  await file.truncate(DISK_BYTES);
  const racked = await rackServer(service, {
    ...{ serial: 'QEMU-A', number: '01', plugged: 'Eth1/7', disk },
    forwards: [{ from: service.agent_port, to: 9999 }],
  });
  await plan(service, racked, 'Eth1/7');
  return racked;
}

async function goodRegisters(service: BootService, racked: RackedServer): Promise<void> {
  const { server, uuid, macs } = racked;
  const { store } = service;
  server.powerOn();
  const record = await registered(service, racked, 'succeeded');
  await poweredOff(racked);
  expect(server.bmc_address)
    .to.match(/^127\.67\.0\.1\d$/)
    .and.equal(record.bmc_address);
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
  expect(ports.map(({ address }) => address).sort()).to.deep.equal(macs);
  const plugged = ports.find(({ address }) => address === macs[1]);
  expect(plugged?.local_link_connection).to.include({ switch_info: 'leaf1', port_id: 'Eth1/7' });
}

async function rackWrong(service: BootService): Promise<RackedServer> {
  const racked = await rackServer(service, { serial: 'QEMU-B', number: '02', plugged: 'Eth1/9' });
  await plan(service, racked, 'Eth1/8');
  return racked;
}

async function wrongIsRefused(service: BootService, racked: RackedServer): Promise<void> {
  racked.server.powerOn();
  const record = await registered(service, racked, 'failed');
  expect(record.step).to.equal('cabling');
  expect(record.cause).to.match(/in the wrong port: expected leaf1 Eth1\/8, found leaf1 Eth1\/9/);
  await sooner(racked, async () =>
    expect(await racked.console()).to.contain('REGISTRATION FAILED at cabling'),
  );
  expect(racked.server).to.include({ power: 'on', bmc_address: null });
  expect(await service.store.nodes.get(racked.uuid)).to.include({ provision_state: 'enroll' });
}

async function goodIsDeployed(
  service: BootService,
  racked: RackedServer,
  shell: OpenstackShell,
): Promise<void> {
  const { boot_url, folder, images, store } = service;
  const { uuid } = racked;
  const system = await buildSystem('linux-image-cloud-amd64');
  const built = join(folder, 'os');
  await mkdir(built);
  const image = await buildDisk(built, system, `console=ttyS0 quiet kurogane.url=${boot_url}`);
  image.write(PLANTED, image.length - MB);
  await writeFile(join(images, 'os.raw'), image);
  const sha256 = createHash('sha256').update(image).digest('hex');
  await shell.do(
    `baremetal node set ${uuid} --no-automated-clean ` +
      `--instance-info image_source=${boot_url}/images/os.raw ` +
      `--instance-info image_os_hash_algo=sha256 --instance-info image_os_hash_value=${sha256}`,
  );
  await shell.do(`baremetal node provide ${uuid}`);
  await reached(service, racked, 'available');
  const began = performance.now();
  const passed = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  await shell.do(`baremetal node deploy ${uuid}`);
  await reached(service, racked, 'active');
  const active = passed();
  const server = await sooner(racked, async () => {
    const found = await store.servers.get(uuid);
    if (found?.installed_at == null) throw new Error('It has not said that it is installed.');
    return found;
  });
  process.stdout.write(`      deploy → active ${active}, → installed ${passed()}\n`);
  expect(installState(server)).to.equal('INSTALLED');
  expect(server.install_note)
    .to.match(/^kernel .*-cloud-amd64$/m)
    .and.match(/^root initramfs$/m);
  expect(server.install_note).to.match(/^programs (?!.*(agent|python|dropbear))/m);
  const { provision_state } = await shell.json<{ provision_state: string }>(`baremetal node show ${uuid}`);
  expect(provision_state).to.equal('active');
}

async function goodIsGivenBack(
  service: BootService,
  racked: RackedServer,
  shell: OpenstackShell,
): Promise<void> {
  const { folder, store } = service;
  const { uuid } = racked;
  const disk = join(folder, 'disk.img');
  {
    // As its customer would: also where no file system is.
    await using file = await open(disk, 'r+');
    await file.write(PLANTED, DISK_BYTES - PLANTED.length);
  }
  expect((await readFile(disk)).includes(PLANTED)).to.equal(true);
  await shell.do(`baremetal node set ${uuid} --automated-clean`);
  await shell.do(`baremetal node undeploy ${uuid}`);
  await reached(service, racked, 'available');
  expect((await readFile(disk)).some((byte) => byte !== 0)).to.equal(false);
  const [certificate] = await store.erase_certificates.list({ where: { node_uuid: uuid } });
  expect(JSON.parse(certificate?.document ?? '{}')).to.deep.include({ category: 'clear' });
  await poweredOff(racked);
}
