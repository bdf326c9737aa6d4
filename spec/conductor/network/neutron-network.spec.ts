import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import type { Verb } from '../../../lifecycle/verbs.ts';
import type { Machine } from '../../../rack/machine.ts';
import { type Rack, startRack } from '../../../rack/rack.ts';
import { AGENT_INTERFACES, type AgentFront, createMachineDriver, startAgentFront } from '../agent-bench.ts';
import { CALLER, type ConductorBench, startConductorBench } from '../conductor-bench.ts';
import { createNeutronDouble, type NeutronDouble } from './neutron-double.ts';

const IMAGE = Buffer.alloc(10_000, 'kurogane');
const LINK = { switch_id: '0a:1b:2c:3d:4e:5f', port_id: 'Ethernet3/1', switch_info: 'switch1' };
const NETWORKS = { cleaning_network: 'cleaning', provisioning_network: 'provisioning' };

describe('the network interface neutron', () => {
  let bench: ConductorBench;
  let rack: Rack;
  let front: AgentFront;
  let machine: Machine;
  let neutron: NeutronDouble;

  beforeEach(async () => {
    const machines = new Map<string, Machine>();
    bench = await startConductorBench(
      {
        conductor: { poll_interval: 0.05, node_locked_retry_interval: 0.05 },
        agent: { require_tls: true },
        neutron: NETWORKS,
      },
      { driver: createMachineDriver(machines) },
    );
    neutron = createNeutronDouble(['v1']);
    await bench.start('conductor-1', { neighbours: neutron.neighbours });
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

  const address = () => machine.identity.macs[0] ?? '';
  const raise = async (node: Pick<NodeRecord, 'uuid'>, verb: Verb) =>
    bench.client.provision(await bench.read(node), verb, {}, CALLER);
  const attach = async (node: NodeRecord, id: string) =>
    bench.client.call(await bench.read(node), 'vif_attach', { vif: { id } }, CALLER);
  const failureOf = async (answer: Promise<unknown>) =>
    (await answer.catch((error: unknown) => error)) as { code: string; message: string };

  async function enroll(fields: Partial<NodeRecord> = {}): Promise<NodeRecord> {
    const instance_info = {
      image_source: `${front.url}/image`,
      image_os_hash_algo: 'sha256',
      image_os_hash_value: createHash('sha256').update(IMAGE).digest('hex'),
    };
    const node = await bench.node({
      ...{
        ...AGENT_INTERFACES,
        network_interface: 'neutron',
        driver_info: { machine: 'one' },
        instance_info,
      },
      ...{ provision_state: 'available', ...fields },
    });
    await bench.store.ports.create({
      ...{ node_uuid: node.uuid, address: address(), local_link_connection: LINK, physical_network: 'rack7' },
    });
    return node;
  }

  it('moves a server from network to network as it is deployed, torn down and cleaned', async () => {
    const node = await enroll();
    await attach(node, 'v1');
    expect(neutron.ports.get('v1')).to.include({ 'binding:host_id': node.uuid, mac_address: address() });
    expect(neutron.diary).to.deep.equal([]);
    await raise(node, 'active');
    await bench.settled(node, 'active');
    expect(neutron.diary).to.deep.equal([
      'add id-of-provisioning',
      'bind made-0',
      'delete id-of-provisioning',
      'bind v1',
    ]);
    expect(neutron.ports.get('v1')).to.deep.equal({
      id: 'v1',
      mac_address: address(),
      'binding:host_id': node.uuid,
      'binding:vnic_type': 'baremetal',
      'binding:profile': { local_link_information: [LINK], physical_network: 'rack7' },
    });
    neutron.diary.length = 0;
    await raise(node, 'deleted');
    await bench.settled(node, 'available');
    expect(neutron.diary).to.deep.equal([
      'unbind v1',
      'unbind v1',
      'add id-of-cleaning',
      'bind made-1',
      'delete id-of-cleaning',
    ]);
    const [port] = await bench.store.ports.list({ where: { node_uuid: node.uuid } });
    expect(port?.internal_info).to.deep.equal({});
    expect([...neutron.ports.keys()]).to.deep.equal(['v1']);
  });

  it('shows the ramdisk’s port while it works, made as Neutron needs it', async () => {
    machine.agent_faults = { never_boots: true };
    const node = await enroll({ provision_state: 'manageable' });
    await raise(node, 'provide');
    await bench.settled(node, 'clean wait');
    const [port] = await bench.store.ports.list({ where: { node_uuid: node.uuid } });
    expect(port?.internal_info).to.deep.equal({ cleaning_vif_port_id: 'made-0' });
    expect(neutron.ports.get('made-0')).to.deep.equal({
      ...{ id: 'made-0', network_id: 'id-of-cleaning', admin_state_up: true, device_id: node.uuid },
      ...{ device_owner: 'baremetal:none', mac_address: address(), 'binding:vnic_type': 'baremetal' },
      'binding:host_id': node.uuid,
      'binding:profile': { local_link_information: [LINK], physical_network: 'rack7' },
    });
    await raise(node, 'abort');
    await bench.settled(node, 'clean failed');
    expect([...neutron.ports.keys()]).to.deep.equal(['v1']);
  });

  it('fails a deploy that Neutron cannot bind, and says what to check', async () => {
    const node = await enroll();
    await attach(node, 'v1');
    neutron.vif_type = 'binding_failed';
    await raise(node, 'active');
    const failed = await bench.settled(node, 'deploy failed');
    expect(failed.last_error).to.match(/could not bind .* local_link_connection/);
    expect([...neutron.ports.keys()]).to.deep.equal(['v1']);
  });

  it('fails a deploy without a VIF, on a port without link information, and without Neutron', async () => {
    const bare = await enroll();
    await raise(bare, 'active');
    expect((await bench.settled(bare, 'deploy failed')).last_error).to.contain('No VIF is attached');
    const [port] = await bench.store.ports.list({ where: { node_uuid: bare.uuid } });
    await bench.store.ports.update(port?.uuid ?? '', { local_link_connection: {} });
    expect(await failureOf(attach(bare, 'v1'))).to.include({ code: 'NoFreePhysicalPorts' });
    neutron.answers = false;
    expect(await failureOf(attach(bare, 'v1'))).to.include({ code: 'NetworkError' });
  });

  it('binds a VIF that is attached to a server in service at once, and unbinds it when it is detached', async () => {
    const node = await enroll({ provision_state: 'active' });
    await attach(node, 'v1');
    expect(neutron.diary).to.deep.equal(['bind v1']);
    await bench.client.call(await bench.read(node), 'vif_detach', { vif_id: 'v1' }, CALLER);
    expect(neutron.diary).to.deep.equal(['bind v1', 'unbind v1']);
  });

  it('attaches to the physical network that the VIF’s network reaches', async () => {
    const node = await enroll();
    neutron.physical_networks.add('rack8');
    expect(await failureOf(attach(node, 'v1'))).to.include({ code: 'NoFreePhysicalPorts' });
    const other = { node_uuid: node.uuid, address: '52:54:00:ff:00:01', physical_network: 'rack8' };
    const { uuid } = await bench.store.ports.create({ ...other, local_link_connection: LINK });
    await attach(node, 'v1');
    expect((await bench.store.ports.get(uuid))?.internal_info).to.deep.equal({ tenant_vif_port_id: 'v1' });
  });

  it('binds a portgroup to all its cables', async () => {
    const node = await enroll({ provision_state: 'active' });
    const { uuid } = await bench.store.portgroups.create({
      ...{ node_uuid: node.uuid, name: 'bond0', mode: '802.3ad', properties: { miimon: 100, bond_x: 'y' } },
    });
    const [port] = await bench.store.ports.list({ where: { node_uuid: node.uuid } });
    await bench.store.ports.update(port?.uuid ?? '', { portgroup_uuid: uuid });
    await attach(node, 'v1');
    expect(neutron.ports.get('v1')?.['binding:profile']).to.deep.equal({
      local_link_information: [LINK],
      local_group_information: {
        ...{ id: uuid, name: 'bond0', bond_mode: '802.3ad' },
        bond_properties: { bond_miimon: 100, bond_x: 'y' },
      },
    });
  });

  it('with flat, binds the tenant’s ports without link information, and cleans on a network of its own', async () => {
    const node = await enroll({ network_interface: 'flat' });
    await attach(node, 'v1');
    await raise(node, 'active');
    await bench.settled(node, 'active');
    expect(neutron.ports.get('v1')).to.include({
      'binding:host_id': node.uuid,
      'binding:vnic_type': 'baremetal',
    });
    expect(neutron.ports.get('v1')?.['binding:profile']).to.deep.equal({});
    neutron.diary.length = 0;
    await raise(node, 'deleted');
    await bench.settled(node, 'available');
    expect(neutron.diary.filter((line) => line.includes('cleaning'))).to.deep.equal([
      'add id-of-cleaning',
      'delete id-of-cleaning',
    ]);
  });

  it('says which settings are missing', async () => {
    await using lonely = await startConductorBench();
    await lonely.start();
    const node = await lonely.node({ network_interface: 'neutron' });
    const failed = await failureOf(lonely.client.call(node, 'vif_attach', { vif: { id: 'v1' } }, CALLER));
    expect(failed).to.include({ code: 'MissingParameterValue' });
    expect(failed.message).to.contain('[neutron]auth_url');
  });
});
