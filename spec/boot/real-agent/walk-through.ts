import { createHash } from 'node:crypto';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { isObject, type JsonObject } from '../../../lifecycle/json.ts';
import type { ProvisionState } from '../../../lifecycle/states.ts';
import { run } from '../../services/process.ts';
import { askApi } from '../ask-api.ts';
import {
  type BootService,
  type RackedServer,
  rackServer,
  reached,
  sooner,
  startBootService,
} from '../e2e/boot-service.ts';
import { buildDisk, buildSystem } from '../e2e/small-system.ts';

const MB = 1024 ** 2;
const DISK_BYTES = 256 * MB;
/** Of what the server said, when a part failed. */
const CONSOLE_BYTES = 6000;
const PLANTED = 'A secret of the customer before.';
const BMC = { address: '127.67.0.30', username: 'admin', password: 'w4lk-thr0ugh' };

const SETTINGS = { KUROGANE_DEFAULT__ENABLED_RESCUE_INTERFACES: 'agent,no-rescue' };

/** A ramdisk with an agent that speaks the protocol of ironic-python-agent. */
export interface GivenRamdisk {
  kernel: string;
  initrd: string;
  /** What stands behind its kernel line. */
  append: string;
}

interface Walk {
  service: BootService;
  racked: RackedServer;
  disk: string;
}

/** What is done with the server, in this order; each needs the ones before it. */
const PARTS: readonly [title: string, part: (walk: Walk) => Promise<string>][] = [
  ['in-band inspection', inspected],
  ['clean steps before it is given out', provided],
  ['deploy of a raw image with a config drive', deployed],
  ['service steps', serviced],
  ['rescue and unrescue', rescued],
  ['rebuild with a qcow2 image', rebuilt],
  ['erasure when it is given back', givenBack],
  ['manual clean steps', cleaned],
];

/**
 * Takes one server in QEMU through all that a ramdisk is booted for. Stops at the first part that fails.
 * @returns how many parts failed.
 */
export async function walkThrough(given: GivenRamdisk, say: (line: string) => void): Promise<number> {
  await using service = await startBootService({ append: given.append, given, env: SETTINGS });
  const disk = join(service.folder, 'disk.img');
  {
    await using file = await open(disk, 'w');
    await file.truncate(DISK_BYTES);
  }
  const { address, password, username } = BMC;
  await using racked = await rackServer(service, {
    ...{ serial: 'QEMU-W', number: '71', plugged: 'Eth1/1', disk, memory_mb: 2048 },
    forwards: [{ from: service.agent_port, to: 9999 }],
    bmc: {
      address,
      users: [
        { name: '', password: '', privilege: 15, enabled: false },
        { name: username, password, privilege: 4 },
      ],
    },
  });
  await enrolled({ service, racked, disk });
  for (const [title, part] of PARTS) {
    const began = performance.now();
    const passed = (): string => `${((performance.now() - began) / 1000).toFixed(0)} s`;
    try {
      say(`passed: ${title} (${await part({ service, racked, disk })}; ${passed()})`);
    } catch (error) {
      say(`failed: ${title} (${passed()}): ${(error as Error).message}`);
      say((await racked.console()).slice(-CONSOLE_BYTES));
      return 1;
    }
  }
  return 0;
}

async function enrolled({ service, racked }: Walk): Promise<void> {
  await askApi(service.api_url, 'POST', 'nodes', {
    ...{
      uuid: racked.uuid,
      name: 'walk',
      driver: 'ipmi',
      inspect_interface: 'agent',
      rescue_interface: 'agent',
    },
    // The agent of Ironic looks for 4 GiB or more where nothing is said.
    properties: { root_device: { name: '/dev/vda' } },
    driver_info: {
      ...{ ipmi_address: BMC.address, ipmi_username: BMC.username, ipmi_password: BMC.password },
      ipmi_port: service.bmc_port,
    },
  });
  for (const address of racked.macs)
    await askApi(service.api_url, 'POST', 'ports', {
      node_uuid: racked.uuid,
      address,
      pxe_enabled: address === racked.macs[0],
    });
  await provision({ service, racked }, { target: 'manage' }, 'manageable');
}

async function provision(
  { racked, service }: Pick<Walk, 'racked' | 'service'>,
  body: JsonObject,
  state: ProvisionState,
): Promise<void> {
  await askApi(service.api_url, 'PUT', `nodes/${racked.uuid}/states/provision`, body);
  await reached(service, racked, state);
}

async function inspected(walk: Walk): Promise<string> {
  const { racked, service } = walk;
  await provision(walk, { target: 'inspect' }, 'manageable');
  const found = await askApi(service.api_url, 'GET', `nodes/${racked.uuid}/inventory`);
  const { inventory, plugin_data } = isObject(found) ? found : {};
  if (!isObject(inventory)) throw new Error('There is no inventory.');
  const disks = Array.isArray(inventory.disks) ? inventory.disks.filter(isObject) : [];
  expect(disks.map(({ name, size }) => ({ name, size }))).to.deep.include({
    name: '/dev/vda',
    size: DISK_BYTES,
  });
  const interfaces = Array.isArray(inventory.interfaces) ? inventory.interfaces.filter(isObject) : [];
  expect(interfaces.map(({ mac_address }) => mac_address)).to.include.members([...racked.macs]);
  const node = await service.store.nodes.get(racked.uuid);
  expect(node?.properties).to.include.keys('cpu_arch');
  return `${Object.keys(inventory).join(' ')}; ${Object.keys(isObject(plugin_data) ? plugin_data : {}).join(' ')}`;
}

async function provided(walk: Walk): Promise<string> {
  await plant(walk);
  await provision(walk, { target: 'provide' }, 'available');
  await erased(walk);
  return 'what was on the disk is gone';
}

async function deployed(walk: Walk): Promise<string> {
  const { disk, racked, service } = walk;
  const system = await buildSystem('linux-image-cloud-amd64');
  const built = join(service.folder, 'os');
  await mkdir(built, { recursive: true });
  const image = await buildDisk(built, system, `console=ttyS0 quiet kurogane.url=${service.boot_url}`);
  await publishImage(walk, 'os.raw', image);
  await provision(
    walk,
    {
      target: 'active',
      configdrive: { meta_data: { uuid: racked.uuid, name: 'walk' }, user_data: 'walk: through' },
    },
    'active',
  );
  await installed(walk);
  const now = await readFile(disk);
  expect(
    now.subarray(PARTITION, image.length).equals(image.subarray(PARTITION)),
    'the image is on the disk',
  ).to.equal(true);
  expect(now.includes('config-2') || now.includes('CONFIG-2'), 'a config drive is on the disk').to.equal(
    true,
  );
  expect(now.includes('walk: through')).to.equal(true);
  return `${image.length / MB} MiB`;
}

async function serviced(walk: Walk): Promise<string> {
  await provision(
    walk,
    { target: 'service', service_steps: [{ interface: 'raid', step: 'delete_configuration', args: {} }] },
    'active',
  );
  return 'raid.delete_configuration';
}

async function rescued(walk: Walk): Promise<string> {
  await provision(walk, { target: 'rescue', rescue_password: 'a-g00d-one' }, 'rescue');
  await provision(walk, { target: 'unrescue' }, 'active');
  return 'rescue, active';
}

async function rebuilt(walk: Walk): Promise<string> {
  const { disk, service } = walk;
  const raw = join(service.folder, 'os', 'disk.raw');
  const qcow = join(service.folder, 'os', 'disk.qcow2');
  const { code, stderr } = await run({ command: 'qemu-img', args: ['convert', '-O', 'qcow2', raw, qcow] });
  if (code !== 0) throw new Error(stderr);
  await publishImage(walk, 'os.qcow2', await readFile(qcow));
  await service.store.servers.update(walk.racked.uuid, { installed_at: null });
  await provision(walk, { target: 'rebuild' }, 'active');
  await installed(walk);
  const [image, now] = [await readFile(raw), await readFile(disk)];
  expect(now.subarray(PARTITION, image.length).equals(image.subarray(PARTITION))).to.equal(true);
  return 'converted to raw by the agent';
}

async function givenBack(walk: Walk): Promise<string> {
  await plant(walk);
  await provision(walk, { target: 'deleted' }, 'available');
  await erased(walk);
  return 'what was on the disk is gone';
}

async function cleaned(walk: Walk): Promise<string> {
  await provision(walk, { target: 'manage' }, 'manageable');
  await plant(walk);
  await provision(
    walk,
    { target: 'clean', clean_steps: [{ interface: 'deploy', step: 'erase_devices_metadata' }] },
    'manageable',
  );
  return 'deploy.erase_devices_metadata';
}

/** Where the only partition of the image begins; before it is the table, in which the config drive gets an entry. */
const PARTITION = MB;

async function publishImage({ racked, service }: Walk, name: string, content: Buffer): Promise<void> {
  await writeFile(join(service.images, name), content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const values = {
    image_source: `${service.boot_url}/images/${name}`,
    ...{ image_os_hash_algo: 'sha256', image_os_hash_value: sha256 },
  };
  await askApi(
    service.api_url,
    'PATCH',
    `nodes/${racked.uuid}`,
    Object.entries(values).map(([key, value]) => ({ op: 'add', path: `/instance_info/${key}`, value })),
  );
}

function installed({ racked, service }: Walk): Promise<void> {
  return sooner(racked, async () => {
    const server = await service.store.servers.get(racked.uuid);
    if (server?.installed_at == null) throw new Error('It has not said that it is installed.');
  });
}

/** As its customer would: also where no file system is. */
async function plant({ disk }: Walk): Promise<void> {
  await using file = await open(disk, 'r+');
  await file.write(PLANTED, DISK_BYTES - 10 * MB);
}

async function erased({ disk }: Walk): Promise<void> {
  expect((await readFile(disk)).includes(PLANTED), 'what was planted is gone').to.equal(false);
}
