import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { sha512Crypt } from '../../conductor/sha512-crypt.ts';
import { systemClock } from '../../config/system-clock.ts';
import { type FakeServers, serverOf } from '../../drivers/fake/server.ts';
import { installState } from '../../lifecycle/install-state.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { Verb } from '../../lifecycle/verbs.ts';
import type { Machine } from '../../rack/machine.ts';
import { type Rack, startRack } from '../../rack/rack.ts';
import { eventually } from '../services/eventually.ts';
import { AGENT_INTERFACES, type AgentFront, createMachineDriver, startAgentFront } from './agent-bench.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

const IMAGE = Buffer.alloc(100_000, 'kurogane');
const SHA256 = createHash('sha256').update(IMAGE).digest('hex');

describe('work through the agent', () => {
  let bench: ConductorBench;
  let rack: Rack;
  let front: AgentFront;
  let machine: Machine;
  let firmware: FakeServers;

  beforeEach(async () => {
    const machines = new Map<string, Machine>();
    firmware = new Map();
    bench = await startConductorBench(
      {
        conductor: {
          ...{ lease_timeout: 0.3, poll_interval: 0.05, node_locked_retry_interval: 0.05 },
          hardware_step_poll_interval: 0.02,
        },
        agent: { require_tls: true },
      },
      { driver: createMachineDriver(machines, firmware) },
    );
    front = await startAgentFront(bench.store, () => bench.client, IMAGE);
    rack = await startRack({
      count: 1,
      clock: systemClock,
      boot_url: () => front.url,
      time_scale: 0.01,
      boot_order: ['disk'],
      delays_ms: { soft_off: 1 },
    });
    const [server] = rack.servers;
    if (server === undefined) throw new Error('an empty rack');
    machine = server.machine;
    machines.set('one', machine);
  });

  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
    await front[Symbol.asyncDispose]();
  });

  async function enroll(fields: Partial<NodeRecord> = {}): Promise<NodeRecord> {
    const node = await bench.node({ ...AGENT_INTERFACES, driver_info: { machine: 'one' }, ...fields });
    await bench.store.ports.create({
      node_uuid: node.uuid,
      address: machine.identity.macs[0] ?? '',
      pxe_enabled: true,
    });
    return node;
  }

  const raise = async (node: Pick<NodeRecord, 'uuid'>, verb: Verb, args = {}) =>
    bench.client.provision(await bench.read(node), verb, args, CALLER);

  const instance_info = (): JsonObject => ({
    image_source: `${front.url}/image`,
    image_os_hash_algo: 'sha256',
    image_os_hash_value: SHA256,
  });

  it('writes the image, boots it, and cleans the disk after it', async () => {
    await bench.start();
    const node = await enroll({ provision_state: 'available', instance_info: instance_info() });
    await raise(node, 'active');
    const active = await bench.settled(node, 'active');
    await machine.until(({ running }) => running.what === 'os');
    expect(machine.running).to.include({ what: 'os', sha256: SHA256 });
    expect(active.power_state).to.equal('power on');
    expect(active.deploy_step).to.deep.equal({});
    expect(active.driver_internal_info).not.to.have.any.keys('agent_url', 'agent_secret_token');
    const [job] = await bench.store.jobs.list({ where: { node_uuid: node.uuid } });
    expect(job?.steps?.map(({ step, priority }) => `${step} ${priority}`)).to.deep.equal([
      'deploy 100',
      'write_image 80',
      'prepare_instance_boot 60',
      'tear_down_agent 40',
      'switch_to_tenant_network 30',
      'boot_instance 20',
    ]);
    const volume = { volume_type: 'iscsi', volume_id: 'v', boot_index: 0 };
    await bench.store.volume_targets.create({ node_uuid: node.uuid, ...volume });
    await raise(node, 'deleted');
    const freed = await bench.settled(node, 'available');
    expect(freed.power_state).to.equal('power off');
    expect(freed.instance_info).to.deep.equal({});
    expect(await bench.store.volume_targets.list()).to.deep.equal([]);
    expect(await machine.disks[0]?.contents()).to.equal(null);
    const erased = machine.events.filter(({ event }) => event.includes('erased')).map(({ event }) => event);
    expect(erased).to.deep.equal(['metadata erased', 'erased']);
  });

  it('boots by HTTP where the boot interface says so', async () => {
    await bench.start();
    const node = await enroll({
      ...{ provision_state: 'available', instance_info: instance_info(), boot_interface: 'http-ipxe' },
    });
    const devices: string[] = [];
    const proto = Object.getPrototypeOf(machine) as Machine;
    Object.defineProperty(machine, 'boot_override', {
      get: () => Reflect.get(proto, 'boot_override', machine),
      set: (override: Machine['boot_override']) => {
        if (override !== null) devices.push(override.device);
        Reflect.set(proto, 'boot_override', override, machine);
      },
    });
    await raise(node, 'active');
    await bench.settled(node, 'active');
    expect(devices).to.deep.equal(['uefihttp', 'disk']);
  });

  it('builds the config drive that was given as an object', async () => {
    await bench.start();
    const node = await enroll({ provision_state: 'available', instance_info: instance_info() });
    const configdrive = { meta_data: { role: 'db' }, user_data: '#cloud-config' };
    await bench.client.provision(await bench.read(node), 'active', { configdrive }, CALLER);
    await bench.settled(node, 'active');
    const drive = Buffer.from((await machine.disks[0]?.contents())?.configdrive ?? []);
    expect(drive.subarray(0x8001, 0x8006).toString()).to.equal('CD001');
    expect(drive.includes(JSON.stringify({ uuid: node.uuid, name: node.name, role: 'db' }))).to.equal(true);
    expect(drive.includes('#cloud-config')).to.equal(true);
  });

  it('leaves a failed deploy off, with the agent’s own words', async () => {
    await bench.start();
    const info = { ...instance_info(), image_os_hash_value: 'f'.repeat(64) };
    const node = await enroll({ provision_state: 'available', instance_info: info });
    await raise(node, 'active');
    const failed = await bench.settled(node, 'deploy failed');
    expect(failed.last_error)
      .to.contain('prepare_image')
      .and.match(/checksum|verify|hash/i);
    expect(failed.power_state).to.equal('power off');
    expect(failed.maintenance).to.equal(false);
    expect(failed.target_provision_state).to.equal('active');
    expect(machine.power).to.equal('off');
  });

  it('fails a deploy whose agent never calls, and says where to look', async () => {
    await bench[Symbol.asyncDispose]();
    bench = await startConductorBench(
      { conductor: { deploy_callback_timeout: 0.1, poll_interval: 0.05 } },
      { driver: createMachineDriver(new Map([['one', machine]])) },
    );
    machine.agent_faults = { never_boots: true };
    await bench.start();
    const node = await enroll({ provision_state: 'available', instance_info: instance_info() });
    await raise(node, 'active');
    const failed = await bench.settled(node, 'deploy failed');
    expect(failed.last_error)
      .to.match(/Timeout reached/)
      .and.match(/console/);
    expect(machine.power).to.equal('off');
  });

  it('fails a deploy whose image is larger than the disk, with the agent’s words', async () => {
    for (const { facts } of machine.disks) facts.size_bytes = IMAGE.length - 1;
    await bench.start();
    const node = await enroll({ provision_state: 'available', instance_info: instance_info() });
    await raise(node, 'active');
    const failed = await bench.settled(node, 'deploy failed');
    expect(failed.last_error).to.match(/has 99999 bytes; the image is larger/);
    expect(failed).to.include({ power_state: 'power off', target_provision_state: 'active' });
    expect(machine.power).to.equal('off');
  });

  it('fails a deploy whose first stage runs a script that hangs', async () => {
    await bench[Symbol.asyncDispose]();
    bench = await startConductorBench(
      { conductor: { deploy_callback_timeout: 0.1, poll_interval: 0.05 } },
      { driver: createMachineDriver(new Map([['one', machine]])) },
    );
    await bench.start();
    const { store } = bench;
    const driver_info = { machine: 'one', deploy_kernel: 'http://d/k', deploy_ramdisk: 'http://d/r' };
    const node = await enroll({ provision_state: 'available', deploy_interface: 'ramdisk', driver_info });
    const profile = await store.profiles.create({ name: 'p', kernel: 'http://i/k', initrd: 'http://i/r' });
    const flavor = await store.flavors.create({ name: 'f', profile_uuid: profile.uuid });
    await store.servers.update(node.uuid, { flavor_uuid: flavor.uuid });
    await raise(node, 'active');
    const failed = await bench.settled(node, 'deploy failed');
    expect(failed.last_error).to.match(/Timeout reached/);
    const server = await store.servers.get(node.uuid);
    expect(server?.installed_at).to.equal(null);
    expect(server && installState(server)).to.equal('UNRECOVERABLE_ERROR');
  });

  it('takes in what the ramdisk found', async () => {
    await bench.start();
    const node = await enroll({ provision_state: 'manageable' });
    await raise(node, 'inspect');
    const inspected = await bench.settled(node, 'manageable');
    expect(inspected.last_error).to.equal(null);
    expect(inspected.properties).to.include.keys('cpu_arch', 'memory_mb', 'cpus', 'local_gb');
    expect(inspected.power_state).to.equal('power off');
    const ports = await bench.store.ports.list({ where: { node_uuid: node.uuid } });
    expect(ports.map(({ address }) => address).sort()).to.deep.equal([...machine.identity.macs].sort());
    expect((await bench.store.inventory.get(node.uuid))?.inventory).to.include.keys('interfaces', 'memory');
    const { manufacturer, product_name, serial } = machine.identity;
    expect(await bench.store.servers.get(node.uuid)).to.deep.include({
      ...{ manufacturer, product_name, serial_number: serial },
    });
  });

  it('follows the inspection rules', async () => {
    await bench.start();
    const node = await enroll({ provision_state: 'manageable' });
    const [port] = await bench.store.ports.list({ where: { node_uuid: node.uuid } });
    await bench.store.inspection_rules.create({
      conditions: [{ op: 'is-empty', args: { value: '{inventory[nothing]}' } }],
      actions: [
        { op: 'set-attribute', args: { path: 'resource_class', value: 'cpus-{inventory[cpu][count]}' } },
        { op: 'add-trait', args: { name: 'CUSTOM_FOUND' } },
        { op: 'set-plugin-data', args: { path: 'seen.by', value: 'rule' } },
        { op: 'set-port-attribute', args: { port_id: port?.uuid ?? '', path: 'extra/seen', value: true } },
      ],
    });
    await bench.store.inspection_rules.create({
      conditions: [{ op: '!is-empty', args: { value: '{inventory[nothing]}' } }],
      actions: [{ op: 'fail', args: { msg: 'this rule does not apply' } }],
    });
    await raise(node, 'inspect');
    const inspected = await bench.settled(node, 'manageable');
    expect(inspected.resource_class).to.match(/^cpus-\d+$/);
    expect(inspected.traits).to.deep.equal(['CUSTOM_FOUND']);
    expect(inspected.properties).to.include.keys('cpu_arch');
    const data = await bench.store.inventory.get(node.uuid);
    expect(data?.plugin_data).to.deep.include({ seen: { by: 'rule' } });
    expect((await bench.store.ports.get(port?.uuid ?? ''))?.extra).to.deep.equal({ seen: true });
  });

  it('fails an inspection as a rule says, and keeps what was done before', async () => {
    await bench.start();
    const node = await enroll({ provision_state: 'manageable' });
    await bench.store.inspection_rules.create({
      actions: [
        { op: 'set-attribute', args: { path: 'extra/seen', value: true } },
        { op: 'fail', args: { msg: 'wrong rack' } },
      ],
    });
    await raise(node, 'inspect');
    const failed = await bench.settled(node, 'inspect failed');
    expect(failed.last_error).to.contain('Failed to finish inspection: wrong rack');
    expect(failed.extra).to.deep.equal({ seen: true });
    expect(failed.inspection_finished_at).to.equal(null);
  });

  it('rescues and brings back what was there', async () => {
    await bench.start();
    const node = await enroll({ provision_state: 'available', instance_info: instance_info() });
    await raise(node, 'active');
    await bench.settled(node, 'active');
    await bench.store.nodes.update(node.uuid, { rescue_interface: 'agent' });
    await raise(node, 'rescue', { rescue_password: 'let-me-in' });
    const rescued = await bench.settled(node, 'rescue');
    await machine.until(({ running }) => running.what === 'rescue');
    const hash = machine.running.what === 'rescue' ? machine.running.password_hash : '';
    expect(hash).to.equal(sha512Crypt('let-me-in', hash.split('$')[2]));
    expect(JSON.stringify(rescued)).not.to.contain('let-me-in');
    await raise(node, 'unrescue');
    await bench.settled(node, 'active');
    await machine.until(({ running }) => running.what === 'os');
    expect(machine.running).to.include({ what: 'os', sha256: SHA256 });
  });

  it('gives no token for a look-up that came while the server was being rebooted', async () => {
    const node = await enroll({ provision_state: 'cleaning', reservation: 'conductor-1' });
    const refused = await bench.client.agentToken(node).then(
      () => 'given',
      (error: Error & { code?: string }) => error.code,
    );
    expect(refused).to.equal('NodeLocked');
    const free = await bench.store.nodes.update(node.uuid, { reservation: null });
    expect(free && (await bench.client.agentToken(free))).to.have.lengthOf(43);
  });

  it('rescues also when the conductor dies just after the agent let the user in', async () => {
    const node = await enroll({ provision_state: 'available', instance_info: instance_info() });
    let kill = (): void => {};
    const killed = new Promise<void>((resolve) => {
      kill = resolve;
    });
    const first = await bench.start('conductor-1', {
      store: {
        ...bench.store,
        transaction: async (work) => {
          if (machine.running.what !== 'rescue') return bench.store.transaction(work);
          first.halt();
          kill();
          return new Promise<never>(() => {});
        },
      },
    });
    await raise(node, 'active');
    await bench.settled(node, 'active');
    await bench.store.nodes.update(node.uuid, { rescue_interface: 'agent' });
    await raise(node, 'rescue', { rescue_password: 'let-me-in' });
    await killed;
    await bench.start('conductor-2');
    const rescued = await bench.settled(node, 'rescue');
    expect(rescued.last_error).to.equal(null);
    expect(machine.running.what).to.equal('rescue');
  });

  it('puts a node whose cleaning broke off in maintenance', async () => {
    machine.agent_faults = { fails: { erase_devices: 'The disk is on fire.' } };
    await bench.start();
    const node = await enroll({ provision_state: 'manageable' });
    await raise(node, 'provide');
    const failed = await bench.settled(node, 'clean failed');
    expect(failed.last_error).to.contain('The disk is on fire.');
    expect(failed).to.include({ maintenance: true, fault: 'clean failure' });
    expect(failed.target_provision_state).to.equal('available');
  });

  it('runs a manual clean by the agent, in the order given', async () => {
    await bench.start();
    const node = await enroll({ provision_state: 'manageable' });
    const clean_steps = ['erase_devices', 'erase_devices_metadata'].map((step) => ({
      interface: 'deploy',
      step,
    }));
    await raise(node, 'clean', { clean_steps });
    await bench.settled(node, 'manageable');
    const erased = machine.events.filter(({ event }) => event.includes('erased')).map(({ event }) => event);
    expect(erased).to.deep.equal(['erased', 'metadata erased']);
  });

  it('boots the ramdisk anew for BIOS settings between two of its steps', async () => {
    await bench.start();
    const node = await enroll({ provision_state: 'manageable', bios_interface: 'fake' });
    const settings = [{ name: 'ProcCores', value: 8 }];
    const clean_steps = [
      { interface: 'deploy', step: 'erase_devices_metadata' },
      { interface: 'bios', step: 'apply_configuration', args: { settings } },
      { interface: 'deploy', step: 'erase_devices' },
    ];
    await raise(node, 'clean', { clean_steps });
    await bench.settled(node, 'manageable');
    const done = machine.events.map(({ event }) => event);
    expect(done.filter((event) => event.includes('erased'))).to.deep.equal(['metadata erased', 'erased']);
    expect(serverOf(firmware, 'one').bios.find(({ name }) => name === 'ProcCores')?.value).to.equal('8');
    expect(done.filter((event) => event === 'agent up')).to.have.lengthOf(2);
  });

  it('cleans between tenants by the priorities of the settings, out of band too', async () => {
    const clean_step_priority_override = ['bios.factory_reset:50', 'deploy.erase_devices_metadata:0'];
    Object.assign(bench.settings.conductor, { clean_step_priority_override });
    await bench.start();
    const node = await enroll({ provision_state: 'manageable', bios_interface: 'fake' });
    Object.assign(serverOf(firmware, 'one').bios[1] ?? {}, { value: '4' });
    await raise(node, 'provide');
    await bench.settled(node, 'available');
    const [job] = await bench.store.jobs.list({ where: { node_uuid: node.uuid, kind: 'clean' } });
    expect(job?.steps?.map(({ step }) => step)).to.deep.equal([
      ...['prepare_cleaning', 'factory_reset', 'erase_devices', 'verify_erasure', 'tear_down_cleaning'],
    ]);
    expect(serverOf(firmware, 'one').bios.find(({ name }) => name === 'ProcCores')?.value).to.equal('0');
  });

  it('aborts a running clean step that can be aborted', async () => {
    machine.agent_faults = { hangs: ['erase_devices'] };
    await bench.start();
    const node = await enroll({ provision_state: 'manageable' });
    await raise(node, 'provide');
    await eventually(async () => {
      const { provision_state, clean_step } = await bench.read(node);
      expect({ provision_state, step: clean_step.step }).to.deep.equal({
        provision_state: 'clean wait',
        step: 'erase_devices',
      });
    });
    await raise(node, 'abort');
    const aborted = await bench.settled(node, 'clean failed');
    expect(aborted.last_error).to.contain('aborted').and.contain('erase_devices');
    expect(aborted.maintenance).to.equal(false);
    expect(machine.power).to.equal('off');
  });

  it('refuses a heartbeat with a wrong token, and one without TLS', async () => {
    await bench.start();
    machine.agent_faults = { never_boots: true };
    const node = await enroll({ provision_state: 'available', instance_info: instance_info() });
    await raise(node, 'active');
    const waiting = await bench.settled(node, 'wait call-back');
    const agent_token = await bench.client.agentToken(waiting);
    expect(agent_token).to.have.lengthOf(43);
    expect(await bench.client.agentToken(await bench.read(node))).to.equal('******');
    const beat = (callback_url: string, token: string) =>
      bench.client.heartbeat(waiting, { callback_url, agent_token: token }).then(
        () => 'accepted',
        (error: Error) => error.message,
      );
    expect(await beat('https://127.0.0.1:1', 'x'.repeat(43))).to.match(/token/);
    expect(await beat('http://127.0.0.1:1', agent_token)).to.match(/TLS/);
    expect((await bench.read(node)).provision_state).to.equal('wait call-back');
  });

  it('resumes a deploy at its step, wherever its conductor is killed', async () => {
    // One conductor after the other takes the deploy a single journal write further.
    const node = await enroll({ provision_state: 'available', instance_info: instance_info() });
    let generation = 0;
    let ended = false;
    const killed: Promise<void>[] = [];
    const startMortal = async (): Promise<void> => {
      const number = ++generation;
      let writes = 0;
      const jobs = (own: typeof bench.store.jobs): typeof bench.store.jobs => ({
        ...own,
        endStep: async (...args) => {
          await own.endStep(...args);
          writes += 1;
        },
      });
      const conductor = await bench.start(`conductor-${number}`, {
        store: {
          ...bench.store,
          transaction: async (work) => {
            const done = await bench.store.transaction((tables) =>
              work({ ...tables, jobs: jobs(tables.jobs) }),
            );
            if (writes > 0 && !ended) {
              writes = Number.NEGATIVE_INFINITY;
              conductor.halt();
              killed.push(startMortal());
              return new Promise<never>(() => {});
            }
            return done;
          },
        },
      });
    };
    await startMortal();
    await raise(node, 'active');
    const active = await eventually(async () => {
      const now = await bench.read(node);
      expect(now.provision_state, now.last_error ?? '').to.equal('active');
      return now;
    });
    ended = true;
    await Promise.all(killed);
    expect(active.last_error).to.equal(null);
    expect(active.reservation).to.equal(null);
    await machine.until(({ running }) => running.what === 'os');
    expect(machine.running).to.include({ what: 'os', sha256: SHA256 });
    expect(generation).to.be.greaterThan(6);
    const written = machine.events.filter(({ event }) => event === 'image written');
    expect(written).to.have.lengthOf(1);
  });
});
