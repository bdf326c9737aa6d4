import { createHash } from 'node:crypto';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../../config/project-root.ts';
import { installState } from '../../../lifecycle/install-state.ts';
import { type OpenstackShell, startOpenstackShell } from '../../e2e/openstack-shell.ts';
import { freePort } from '../../services/free-port.ts';
import { run } from '../../services/process.ts';
import { temporaryFolder } from '../../services/temporary-folder.ts';
import { askApi } from '../ask-api.ts';
import { beginStories } from './beside.ts';
import {
  type BootService,
  HOST,
  LINE,
  poweredOff,
  type RackedServer,
  rackServer,
  reached,
  registered,
  SWITCH_VLAN,
  sooner,
  startBootService,
} from './boot-service.ts';
import { buildDisk, buildSquashfs, buildSystem, publish } from './small-system.ts';

const MB = 1024 ** 2;
const DISK_BYTES = 96 * MB;
/** What is gone when the server was given back. */
const PLANTED = 'A secret of the customer before.';

/** Servers that lie beside each other, each with a story of its own; every test looks at one part of one. */
describe('a server whose power button is pressed', function () {
  this.timeout(900_000);
  const opened: AsyncDisposable[] = [];
  type Part =
    | 'registered'
    | 'deployed'
    | 'erased'
    | 'refused'
    | 'looked_at'
    | 'corrected'
    | 'started'
    | 'reached'
    | 'changed';
  let parts: Record<Part, Promise<void>>;

  before(async () => {
    const keys = await temporaryFolder('kurogane-ssh-');
    opened.push({ [Symbol.asyncDispose]: () => keys.remove() });
    const key = join(keys.path, 'key');
    await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'operator', '-f', key]);
    const [kind, text] = (await readFile(`${key}.pub`, 'utf8')).split(' ');
    const service = await startBootService({ append: `sshkey="${kind} ${text}"` });
    opened.push(service);
    await publishSystems(service);
    const shell = await startOpenstackShell({ endpoint: service.api_url });
    opened.push(shell);
    const [good, wrong] = [await rackGood(service), await rackWrong(service)];
    opened.push(good, wrong);
    const was_registered = goodRegisters(service, good);
    const deployed = was_registered.then(() => goodIsDeployed(service, good, shell));
    // What else boots here does so beside the rest; the deploy has its time to keep.
    void deployed.catch(() => {}).then(beginStories);
    // What else boots here does so beside the rest; the deploy has its time to keep.
    void deployed.catch(() => {}).then(beginStories);
    const erased = deployed.then(() => goodIsGivenBack(service, good, shell));
    const refused = wrongIsRefused(service, wrong);
    const looked_at = refused.then(() => wrongIsLookedAt(wrong, key));
    const corrected = looked_at.then(() => wrongIsCorrected(service, wrong));
    const started = corrected.then(() => wrongStartsItsProfile(service, wrong, `${kind} ${text}`));
    const was_reached = started.then(() => wrongIsReached(service, wrong, key));
    const changed = was_reached.then(() => wrongStartsAnother(service, wrong));
    parts = {
      ...{ registered: was_registered, deployed, erased },
      ...{ refused, looked_at, corrected, started, reached: was_reached, changed },
    };
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

  it('S32 S33 lets the operator in by SSH, with bash and the network', () => parts.looked_at);

  it('S12 S45 S50 S55 is deployed by the stock client: boots the agent, has 64 MiB written, boots them, and says that it is installed', () =>
    parts.deployed);

  it('registers as the same node when its cable was put right', () => parts.corrected);

  it('S36 S37 S38 S39 S40 S42 S46 S51 S55 starts the profile of its flavor without being switched off: two kernels, a root from the service, an install script, its service address', () =>
    parts.started);

  it('S54 lets its customer in by SSH at the service address that kurogane shows', () => parts.reached);

  it('S4 S43 S47 starts another system at the next boot when its flavor has another profile', () =>
    parts.changed);

  it('S93 S97 has nothing left of its customer when it was given back: a disk is overwritten, an NVMe disk formats itself, and a certificate says so', () =>
    parts.erased);
});

async function plan({ store }: BootService, racked: RackedServer, switch_port: string): Promise<void> {
  const [, port = ''] = racked.macs;
  await store.cables.create({ device: racked.serial, port, switch_name: 'leaf1', switch_port });
}

async function rackGood(service: BootService): Promise<RackedServer> {
  const [disk, nvme] = [join(service.folder, 'disk.img'), join(service.folder, 'nvme.img')];
  for (const path of [disk, nvme]) {
    await using file = await open(path, 'w');
    await file.truncate(DISK_BYTES);
  }
  const racked = await rackServer(service, {
    ...{ serial: 'QEMU-A', number: '01', plugged: 'Eth1/7', disk, nvme },
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
  // S53: what the network says of it.
  expect(plugged?.extra.switch_vlan_ids).to.deep.equal([SWITCH_VLAN]);
}

async function publishSystems({ folder, images }: BootService): Promise<void> {
  const [small, server] = [
    await buildSystem('linux-image-cloud-amd64'),
    await buildSystem('linux-image-amd64'),
  ];
  await publish(small, images, 'small');
  await publish(server, images, 'server');
  await buildSquashfs(folder, small, join(images, 'root.squashfs'));
}

/** Of this machine's loopback: where SSH reaches a server that the first stage is on, and at its service address. */
const ssh_ports = new WeakMap<RackedServer, { first_stage: number; service: number }>();
const SERVICE_ADDRESS = '10.0.2.100';

async function rackWrong(service: BootService): Promise<RackedServer> {
  const ports = { first_stage: await freePort(), service: await freePort() };
  const racked = await rackServer(service, {
    ...{ serial: 'QEMU-B', number: '02', plugged: 'Eth1/9' },
    forwards: [
      { from: ports.first_stage, to: 22 },
      { from: ports.service, to: 22, address: SERVICE_ADDRESS },
    ],
  });
  ssh_ports.set(racked, ports);
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

async function wrongIsLookedAt(racked: RackedServer, key: string): Promise<void> {
  const said = await bySsh(
    ssh_ports.get(racked)?.first_stage,
    key,
    'echo "bash $BASH_VERSION"; ip a; dmesg | tail -n 1',
  );
  expect(said)
    .to.match(/^bash 5/m)
    .and.contain('inet 10.0.2.15/24')
    .and.match(/^\[ *\d+\.\d+\] /m);
}

/** What a command of root's said. */
async function bySsh(port: number | undefined, key: string, command: string): Promise<string> {
  const options = [
    ...['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'BatchMode=yes', 'LogLevel=ERROR'],
  ].flatMap((each) => ['-o', each]);
  const { code, stdout, stderr } = await run({
    command: 'ssh',
    args: ['-F', 'none', '-i', key, '-p', String(port), ...options, 'root@127.0.0.1', command],
    timeout_ms: 90_000,
  });
  expect(code, stderr).to.equal(0);
  return stdout;
}

/** The machine has no route to QEMU's network: a port that leads to this address and no other stands for it. */
async function wrongIsReached({ api_url }: BootService, racked: RackedServer, key: string): Promise<void> {
  const { code, stdout, stderr } = await run({
    command: process.execPath,
    args: [join(projectRoot, 'dist', 'bin', 'kurogane.js'), 'server', 'show', racked.uuid, '-o', 'json'],
    env: { ...process.env, OS_AUTH_TYPE: 'none', OS_ENDPOINT: `${api_url}/lifecycle` },
  });
  expect(code, stderr).to.equal(0);
  const shown = JSON.parse(stdout) as { service_address: string };
  expect(shown.service_address).to.equal(SERVICE_ADDRESS);
  const said = await bySsh(
    ssh_ports.get(racked)?.service,
    key,
    'echo "reached at $SSH_CONNECTION"; cat /proc/cmdline',
  );
  expect(said)
    .to.match(new RegExp(`^reached at \\S+ \\d+ ${shown.service_address.replaceAll('.', '\\.')} 22$`, 'm'))
    .and.contain('of.profile=small');
}

async function wrongIsCorrected(service: BootService, racked: RackedServer): Promise<void> {
  const { store } = service;
  const [cable] = await store.cables.list({ where: { device: racked.serial } });
  await store.cables.update(cable?.uuid ?? '', { switch_port: 'Eth1/9' });
  const profile = await store.profiles.create({
    ...{ name: 'small', kernel: '/images/small-kernel', initrd: '/images/small-initrd' },
    ...{ cmdline: `${LINE} of.profile=small`, squashfs: '/images/root.squashfs' },
  });
  await store.flavors.create({
    ...{ name: 'virtual', profile_uuid: profile.uuid },
    match: [{ field: 'serial_number', op: 'eq', value: racked.serial }],
  });
  racked.server.machine.command('reset');
  await registered(service, racked, 'succeeded');
  await poweredOff(racked);
  expect(await store.nodes.get(racked.uuid)).to.include({ provision_state: 'manageable', last_error: null });
}

/** Lets go of the address of DHCP, takes the one that the service holds for the server, and lets its customer in. */
const INSTALL_SCRIPT = `of() { wget -qO- "$BOOT_URL/detail?uuid=$SYSTEM_UUID&field=$1"; }
address=$(of service_address)
gateway=$(of gateway)
ip addr flush dev eth0
ip addr add "$address/24" dev eth0
ip route add default via "$gateway"
mkdir -p /root/.ssh /etc/dropbear
echo 'root:x:0:0:root:/root:/bin/sh' > /etc/passwd
echo 'root:*:19000:0:99999:7:::' > /etc/shadow
echo 'CUSTOMER_KEY' > /root/.ssh/authorized_keys
chmod -R go= /root
dropbear -R -s
echo "SCRIPT of the profile ran"
`;

async function wrongStartsItsProfile(
  service: BootService,
  racked: RackedServer,
  customer_key: string,
): Promise<void> {
  const { store } = service;
  const { uuid, server } = racked;
  await store.ip_pools.create({
    ...{ name: 'service', purpose: 'service', network: '10.0.2.0/24', gateway: HOST },
    ranges: [{ first: '10.0.2.100', last: '10.0.2.110' }],
  });
  const [profile] = await store.profiles.list({});
  await store.profiles.update(profile?.uuid ?? '', {
    install_script: INSTALL_SCRIPT.replace('CUSTOMER_KEY', customer_key),
  });
  await store.servers.update(uuid, { service_address: SERVICE_ADDRESS });
  await askApi(service.api_url, 'PATCH', `nodes/${uuid}`, [
    { op: 'add', path: '/deploy_interface', value: 'ramdisk' },
    { op: 'add', path: '/automated_clean', value: false },
  ]);
  await askApi(service.api_url, 'PUT', `nodes/${uuid}/states/provision`, { target: 'provide' });
  await reached(service, racked, 'available');
  const before = (await racked.console()).length;
  await askApi(service.api_url, 'PUT', `nodes/${uuid}/states/provision`, { target: 'active' });
  await reached(service, racked, 'wait call-back');
  const { pid } = server;
  const waiting = await store.servers.get(uuid);
  expect(waiting && installState(waiting)).to.equal('DEPLOYING');
  await reached(service, racked, 'active');
  expect(server.pid, 'the same machine, never switched off').to.be.a('number').and.equal(pid);
  const said = (await racked.console()).slice(before);
  expect(said)
    .to.match(/kurogane: first stage, kernel [\d.-]+-amd64/)
    .and.match(/SYSTEM kernel [\d.-]+-cloud-amd64/)
    .and.contain('SCRIPT of the profile ran');
  const installed = await store.servers.get(uuid);
  expect(installed && installState(installed)).to.equal('INSTALLED');
  expect(installed?.install_note)
    .to.match(/^root squashfs$/m)
    .and.contain(`address ${SERVICE_ADDRESS}/24\n`)
    .and.match(/^cmdline .*of\.profile=small fetch=\S+\/images\/root\.squashfs kurogane\.url=/m);
  expect(installed?.bmc_address).to.match(/^127\.67\./);
}

async function wrongStartsAnother(service: BootService, racked: RackedServer): Promise<void> {
  const { store } = service;
  const profile = await store.profiles.create({
    ...{ name: 'server', kernel: '/images/server-kernel', initrd: '/images/server-initrd' },
    cmdline: `${LINE} of.profile=server`,
  });
  const [flavor] = await store.flavors.list({});
  await store.flavors.update(flavor?.uuid ?? '', { profile_uuid: profile.uuid });
  await askApi(service.api_url, 'PUT', `nodes/${racked.uuid}/states/power`, { target: 'rebooting' });
  await sooner(racked, async () => {
    const told = await store.servers.get(racked.uuid);
    expect(told?.install_note)
      .to.match(/^kernel [\d.]+-\d+-amd64$/m)
      .and.match(/of\.profile=server/)
      .and.match(/^root initramfs$/m);
  });
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const { code, stderr } = await run({ command, args });
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`);
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
  const image = await buildDisk(built, system, `${LINE} kurogane.url=${boot_url}`);
  image.write(PLANTED, image.length - MB);
  await writeFile(join(images, 'os.raw'), image);
  const sha256 = createHash('sha256').update(image).digest('hex');
  await shell.do(
    `baremetal node set ${uuid} --no-automated-clean ` +
      `--instance-info image_source=${boot_url}/images/os.raw ` +
      `--instance-info image_os_hash_algo=sha256 --instance-info image_os_hash_value=${sha256}`,
  );
  // Of its two disks the one that its firmware boots from.
  await askApi(service.api_url, 'PATCH', `nodes/${uuid}`, [
    { op: 'add', path: '/properties/root_device', value: { name: '/dev/vda' } },
  ]);
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
  const disks = [join(folder, 'disk.img'), join(folder, 'nvme.img')];
  for (const disk of disks) {
    // As its customer would: also where no file system is.
    await using file = await open(disk, 'r+');
    for (const at of [0x5000, DISK_BYTES / 2 + 3, DISK_BYTES - PLANTED.length]) await file.write(PLANTED, at);
  }
  await shell.do(`baremetal node set ${uuid} --automated-clean`);
  await shell.do(`baremetal node undeploy ${uuid}`);
  await reached(service, racked, 'available');
  for (const disk of disks) expect((await readFile(disk)).some((byte) => byte !== 0)).to.equal(false);
  const [certificate] = await store.erase_certificates.list({ where: { node_uuid: uuid } });
  const document = JSON.parse(certificate?.document ?? '{}');
  expect(document).to.deep.include({ category: 'clear' });
  const methods = document.disks.map(({ method, name }: Record<string, string>) => `${name} ${method}`);
  expect(methods).to.deep.equal(['/dev/nvme0n1 nvme-format-user-data', '/dev/vda overwrite']);
  await poweredOff(racked);
}
