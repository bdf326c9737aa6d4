import { expect } from 'chai';
import { type FakeServer, serverOf } from '../../drivers/fake/server.ts';
import type { HardwareState } from '../../lifecycle/hardware-baseline.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

const LOGIN = { fake_username: 'admin', fake_password: 'secret' };
const ALL_FAKE = {
  bios_interface: 'fake',
  firmware_interface: 'fake',
  raid_interface: 'fake',
  driver_info: LOGIN,
} as const;

describe('a server that is given back', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench({
      conductor: { hardware_step_poll_interval: 0.02, hardware_step_timeout: 5, poll_interval: 0.05 },
      notices: { webhook_url: 'http://127.0.0.1:9/' },
    });
    await bench.start();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const hardware = (node: Pick<NodeRecord, 'uuid'>): FakeServer => serverOf(bench.servers, node.uuid);
  const server = (node: Pick<NodeRecord, 'uuid'>) => bench.store.servers.get(node.uuid);

  /** A server in use, whose baseline is what it was before. */
  async function inUse(baseline: Partial<HardwareState> = {}): Promise<NodeRecord> {
    const node = await bench.node({ provision_state: 'active', lessee: 'tenant', ...ALL_FAKE });
    const now = await bench.client.call(node, 'read_hardware', {}, CALLER);
    await bench.store.server_baselines.create({ uuid: node.uuid, hardware: { ...now, ...baseline } });
    return node;
  }

  const giveBack = (node: NodeRecord) => bench.client.provision(node, 'deleted', {}, CALLER);

  it('S94 gets its BIOS settings, volumes, BMC users and NTP servers back, and goes into stock', async () => {
    const node = await inUse();
    const is = hardware(node);
    const before = structuredClone({
      bios: is.bios,
      raid: is.raid,
      accounts: is.accounts,
      ntp: is.ntp_servers,
    });
    for (const setting of is.bios) if (setting.name === 'ProcHyperthreading') setting.value = 'Disabled';
    is.accounts.push({ id: '2', name: 'eve', password: 'x', role: 'administrator', enabled: true });
    is.ntp_servers = ['ntp.tenant.example'];
    const [controller] = is.raid;
    if (controller === undefined) throw new Error('no controller');
    const volume = { id: 'Volume.1', name: null, raid_level: '0' as const, size_gb: 100, drives: ['Disk.1'] };
    is.raid = [{ ...controller, volumes: [volume] }];
    await giveBack(node);
    const settled = await bench.settled(node, 'available');
    expect(settled.power_state).to.equal('power off');
    const { bios, raid, accounts, ntp_servers: ntp } = hardware(node);
    expect({ bios, raid, accounts, ntp }).to.deep.equal(before);
    expect(await server(node)).to.deep.include({ stage: 'inventory', quarantined: false });
  });

  it('S94 gets volumes of its baseline back', async () => {
    const volumes = [{ controller: 'RAID.1', raid_level: '1', drives: ['Disk.1', 'Disk.2'] }];
    const node = await inUse({ raid: volumes });
    await giveBack(node);
    await bench.settled(node, 'available');
    const found = hardware(node).raid[0]?.volumes.map(({ raid_level, drives }) => ({ raid_level, drives }));
    expect(found).to.deep.equal([{ raid_level: '1', drives: ['Disk.1', 'Disk.2'] }]);
  });

  it('S94 goes into quarantine with what could not be brought back: another VLAN of the BMC', async () => {
    const node = await inUse();
    hardware(node).lan.vlan_id = 666;
    await giveBack(node);
    await bench.settled(node, 'manageable');
    expect(await server(node)).to.deep.include({
      ...{ stage: 'deletion', attention: true, quarantined: true, quarantined_by: 'conductor-1' },
      quarantine_differences: [{ what: 'BMC VLAN', baseline: null, found: '666' }],
    });
  });

  for (const { how, change, what } of [
    { how: 'another version', change: { current_version: '6.6.6' }, what: 'firmware bios' },
    { how: 'the same version with another hash', change: { digest: 'bad' }, what: 'firmware bios (digest)' },
  ])
    it(`S95 goes into quarantine when its firmware is ${how}, and people are told`, async () => {
      const node = await bench.node({ provision_state: 'active', lessee: 'tenant', ...ALL_FAKE });
      const [bios] = hardware(node).firmware;
      if (bios === undefined) throw new Error('no firmware');
      bios.digest = 'good';
      const now = await bench.client.call(node, 'read_hardware', {}, CALLER);
      await bench.store.server_baselines.create({ uuid: node.uuid, hardware: now });
      Object.assign(bios, change);
      await giveBack(node);
      const settled = await bench.settled(node, 'manageable');
      const found = await server(node);
      expect(found?.quarantine_differences?.map((one) => one.what)).to.deep.equal([what]);
      expect(found?.quarantine_reason).to.contain(`${what} is`);
      const refused = await bench.client.provision(settled, 'provide', {}, CALLER).catch((error) => error);
      expect(refused.message).to.contain('quarantine');
      const [notice, ...more] = await bench.store.notices.list();
      expect(more).to.deep.equal([]);
      expect(notice).to.deep.include({ event: 'server.quarantined', severity: 'error', project: null });
    });

  it('S95 goes into quarantine when its firmware is older than an enforced baseline, without one of its own', async () => {
    const node = await bench.node({ provision_state: 'active', lessee: 'tenant', ...ALL_FAKE });
    await bench.store.firmware_baselines.create({ component: 'bmc', version: '1.2.0', enforced: true });
    await giveBack(node);
    await bench.settled(node, 'manageable');
    const found = await server(node);
    expect(found?.quarantine_differences).to.deep.equal([
      { what: 'firmware bmc', baseline: '1.2.0', found: '1.0.0' },
    ]);
  });

  it('S94 goes into quarantine when a setting is refused on its way back', async () => {
    const node = await inUse();
    const now = await bench.store.server_baselines.get(node.uuid);
    if (now === null) throw new Error('no baseline');
    const bios = { ...now.hardware.bios, ProcHyperthreading: 'Quantum' };
    await bench.store.server_baselines.update(node.uuid, { hardware: { ...now.hardware, bios } });
    await giveBack(node);
    await bench.settled(node, 'clean failed');
    expect((await server(node))?.quarantine_reason).to.contain('ProcHyperthreading');
  });
});
