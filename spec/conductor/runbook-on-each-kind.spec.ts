import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import { createBampiDriver } from '../../drivers/bampi/driver.ts';
import type { Driver } from '../../drivers/contract.ts';
import { createFakeDriver } from '../../drivers/fake/driver.ts';
import { type FakeServers, serverOf } from '../../drivers/fake/server.ts';
import { createIpmiDriver } from '../../drivers/ipmi/driver.ts';
import { createRedfishDriver } from '../../drivers/redfish/driver.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { Bampi, type BampiServer } from '../../rack/bampi/bampi.ts';
import { type Rack, type RackServer, startRack } from '../../rack/rack.ts';
import { recordingContext } from '../contract/driver-bench.ts';
import { QUICK_OPTIONS } from '../drivers/ipmi/ipmi-options.ts';
import {
  type QuickRack,
  quickRack,
  QUICK_OPTIONS as REDFISH_OPTIONS,
} from '../drivers/redfish/redfish-bench.ts';
import { eventually } from '../services/eventually.ts';
import { type AgentFront, startAgentFront } from './agent-bench.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

const QUICK = {
  conductor: { hardware_step_poll_interval: 0.02, hardware_step_timeout: 5, poll_interval: 0.05 },
};
const BIOS = {
  interface: 'bios',
  step: 'apply_configuration',
  args: { settings: [{ name: 'ProcCores', value: 8 }] },
};
const RAID = {
  interface: 'raid',
  step: 'apply_configuration',
  args: { raid_config: { logical_disks: [{ size_gb: 'MAX', raid_level: '1' }] }, delete_existing: true },
};
const FIRMWARE = {
  interface: 'firmware',
  step: 'update',
  args: { settings: [{ component: 'bmc', url: 'http://127.0.0.1/bmc-2.0.0.bin' }] },
};
const USER = {
  interface: 'management',
  step: 'set_bmc_accounts',
  args: { accounts: { watcher: { password: 'w4tch-it', role: 'read-only' } } },
};
/** One runbook for all kinds of server. */
const RUNBOOK: JsonObject[] = [BIOS, RAID, FIRMWARE, USER];

const interfaces = (driver: Driver, wanted: Record<string, string> = {}) =>
  Object.fromEntries(
    Object.entries({ ...driver.interfaces, deploy: ['noop'], network: ['noop'] }).map(([kind, names]) => [
      `${kind}_interface`,
      wanted[kind] ?? names[0] ?? '',
    ]),
  );

/** A bench whose conductor has one driver; a node of it that is in service. */
async function stage(driver: Driver, driver_info: JsonObject, conductor: JsonObject = {}) {
  const bench = await startConductorBench(
    {
      conductor: { ...QUICK.conductor, ...conductor },
      DEFAULT: { enabled_hardware_types: [driver.name] },
    },
    { driver },
  );
  const first = await bench.start();
  const node = await bench.node({
    ...interfaces(driver),
    ...{ driver: driver.name, driver_info, provision_state: 'active' },
  });
  const serve = (service_steps: JsonObject[]): Promise<string> =>
    bench.client.provision(node, 'service', { service_steps }, CALLER).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
  return { bench, node, serve, first };
}

/** The same requests, whatever kind of server it is. */
async function switched(
  { bench, node }: Awaited<ReturnType<typeof stage>>,
  power: () => string,
): Promise<void> {
  for (const target of ['power on', 'rebooting', 'power off'] as const) {
    await bench.client.power(await bench.read(node), target, null, CALLER);
    const settled = await bench.settled(node, 'active');
    expect(settled).to.include({
      power_state: target === 'power off' ? target : 'power on',
      last_error: null,
    });
    expect(`power ${power()}`).to.equal(settled.power_state);
  }
}

describe('one runbook on each kind of server', () => {
  let bench: ConductorBench;
  afterEach(() => bench[Symbol.asyncDispose]());

  it('runs where the hardware can do all of it, and again', async () => {
    const servers: FakeServers = new Map();
    const driver = createFakeDriver(recordingContext().context, servers);
    const staged = await stage(driver, { fake_id: 'one' });
    bench = staged.bench;
    const known = (FIRMWARE.args.settings[0] as JsonObject) ?? {};
    const firmware = { ...FIRMWARE, args: { settings: [{ ...known, version: '2.0.0' }] } };
    for (let times = 0; times < 2; times++) {
      expect(await staged.serve([BIOS, RAID, firmware, USER])).to.equal('accepted');
      await bench.settled(staged.node, 'active');
      const server = serverOf(servers, 'one');
      expect(server.bios.find(({ name }) => name === 'ProcCores')?.value).to.equal('8');
      expect(server.raid.flatMap(({ volumes }) => volumes)).to.have.lengthOf(1);
      expect(server.firmware.find(({ component }) => component === 'bmc')?.current_version).to.equal('2.0.0');
      expect(server.accounts.map(({ name }) => name)).to.deep.equal(['admin', 'watcher']);
    }
  });

  describe('with BAMPI', () => {
    let bampi: Bampi;
    beforeEach(async () => {
      bampi = await Bampi.start({
        ...{ hostnames: ['Rack1-A'], username: 'u', password: 'p', clock: systemClock },
      });
    });
    afterEach(() => bampi[Symbol.asyncDispose]());
    const info = () => ({
      ...{ bampi_address: bampi.url, bampi_username: 'u', bampi_password: 'p', bampi_hostname: 'rack1-a' },
      bampi_raid_profiles: { '1': 'mirror' },
    });

    it('S61 is switched by the same requests as all others', async () => {
      const staged = await stage(createBampiDriver(recordingContext().context), info());
      bench = staged.bench;
      await switched(staged, () => bampi.servers[0]?.power ?? '');
    });

    it('is refused at once, with every reason, and touches nothing', async () => {
      const staged = await stage(createBampiDriver(recordingContext().context), info());
      bench = staged.bench;
      const why = await staged.serve(RUNBOOK);
      expect(why).to.contain('bampi does not support bios.apply_configuration with the interface no-bios');
      expect(why).to.contain('bampi does not support firmware.update with the interface no-firmware');
      expect(why).not.to.contain('raid.');
      expect(bampi.tasks).to.deep.equal([]);
    });

    it('ends before its first step where only the server can tell', async () => {
      const staged = await stage(createBampiDriver(recordingContext().context), info());
      bench = staged.bench;
      expect(await staged.serve([RAID, USER])).to.equal('accepted');
      const failed = await bench.settled(staged.node, 'service failed');
      expect(failed.last_error).to.contain('management.set_bmc_accounts: the driver bampi lacks accounts');
      expect(bampi.tasks).to.deep.equal([]);
    });

    it('makes the RAID of the runbook by its layout there', async () => {
      const staged = await stage(createBampiDriver(recordingContext().context), info());
      bench = staged.bench;
      expect(await staged.serve([RAID])).to.equal('accepted');
      const served = await bench.settled(staged.node, 'active');
      expect(bampi.servers[0]?.raid).to.equal('mirror');
      expect(served.raid_config.logical_disks).to.have.lengthOf(1);
    });

    it('deploys an image that BAMPI has: network, restore, disk, power', async () => {
      const staged = await stage(createBampiDriver(recordingContext().context), info());
      bench = staged.bench;
      const node = await bench.node({
        ...interfaces(createBampiDriver(recordingContext().context)),
        ...{ driver: 'bampi', driver_info: info(), deploy_interface: 'bampi' },
        ...{ provision_state: 'available', instance_info: { image_source: 'ubuntu-24.04' } },
      });
      await bench.client.provision(node, 'active', {}, CALLER);
      await bench.settled(node, 'active');
      expect(bampi.tasks.map(({ taskType, taskProfile }) => `${taskType} ${taskProfile}`)).to.deep.equal([
        'change_boot_mode PXE',
        'restore_os ubuntu-24.04',
        'change_boot_mode Disabled',
      ]);
      expect(bampi.servers[0]).to.include({ image: 'ubuntu-24.04', power: 'on' });
    });

    it('clears what is given back, and lets it stand by in stock; on a path that a conductor left too', async () => {
      const staged = await stage(createBampiDriver(recordingContext().context), info(), {
        lease_timeout: 0.3,
      });
      bench = staged.bench;
      const server = bampi.servers[0] as BampiServer;
      Object.assign(server, { raid: 'mirror', image: 'ubuntu-24.04', power: 'on' });
      const node = await bench.node({
        ...interfaces(createBampiDriver(recordingContext().context)),
        ...{ driver: 'bampi', driver_info: info(), deploy_interface: 'bampi', provision_state: 'active' },
        ...{ instance_info: { image_source: 'ubuntu-24.04' }, automated_clean: true },
      });
      server.faults = { endless: true };
      await bench.client.provision(node, 'deleted', {}, CALLER);
      await eventually(() => expect(bampi.tasks).to.have.lengthOf(1));
      staged.first.halt();
      server.faults = {};
      await bench.start('conductor-2');
      const free = await bench.settled(node, 'available');
      expect(free).to.include({ last_error: null, power_state: 'power on' });
      expect(free.instance_info).to.deep.equal({});
      expect(bampi.tasks.map(({ taskType, taskProfile }) => `${taskType} ${taskProfile}`)).to.deep.equal([
        'change_boot_mode PXE',
        'configure_raid clean_up_conf',
      ]);
      expect(server).to.include({ raid: null, power: 'on', boot_mode: 'PXE' });
    });

    it('is not free where its disks could not be cleared', async () => {
      const staged = await stage(createBampiDriver(recordingContext().context), info());
      bench = staged.bench;
      const node = await bench.node({
        ...interfaces(createBampiDriver(recordingContext().context)),
        ...{ driver: 'bampi', driver_info: info(), deploy_interface: 'bampi', provision_state: 'active' },
        ...{ automated_clean: true },
      });
      Object.assign(bampi.servers[0] ?? {}, { faults: { log: 'a disk is missing' } });
      await bench.client.provision(node, 'deleted', {}, CALLER);
      const failed = await bench.settled(node, 'clean failed');
      expect(failed.last_error).to.contain('a disk is missing');
      expect(failed.maintenance).to.equal(true);
    });

    it('backs a server up by a script, between the network and the disk', async () => {
      const staged = await stage(createBampiDriver(recordingContext().context), info());
      bench = staged.bench;
      const args = { script: 'backup', argument: 'nightly' };
      expect(await staged.serve([{ interface: 'vendor', step: 'run_script', args }])).to.equal('accepted');
      await bench.settled(staged.node, 'active');
      expect(bampi.tasks.map(({ taskType, taskProfile }) => `${taskType} ${taskProfile}`)).to.deep.equal([
        'change_boot_mode PXE',
        'disposable_os_run_script backup',
        'change_boot_mode Disabled',
      ]);
      expect(bampi.tasks[1]?.options).to.equal('nightly');
    });

    it('says what the log of a task says when it fails', async () => {
      const staged = await stage(createBampiDriver(recordingContext().context), info());
      bench = staged.bench;
      Object.assign(bampi.servers[0] ?? {}, { faults: { log: 'no disks\\nin slot 3' } });
      expect(await staged.serve([RAID])).to.equal('accepted');
      const failed = await bench.settled(staged.node, 'service failed');
      expect(failed.last_error).to.contain('no disks\nin slot 3');
    });
  });

  describe('with Redfish', () => {
    let rack: QuickRack;
    beforeEach(async () => {
      rack = await quickRack({ count: 1 });
    });
    afterEach(() => rack[Symbol.asyncDispose]());
    const redfish = (overrides: JsonObject = {}) =>
      stage(createRedfishDriver(recordingContext().context, REDFISH_OPTIONS), rack.driver_info(0), overrides);
    const state = () => rack.server(0).redfish.state;
    const done = () => {
      expect(state().bios.values.ProcCores).to.equal(8);
      expect(state().storage.volumes).to.have.lengthOf(1);
      expect(state().storage.volumes[0]?.type).to.equal('RAID1');
      expect(state().firmware.versions.bmc).to.equal('2.0.0');
      expect(state().firmware.images).to.have.lengthOf(1);
      expect(state().accounts.login('watcher', 'w4tch-it')).to.include({ role: 'ReadOnly' });
    };

    it('S61 is switched by the same requests as all others', async () => {
      const staged = await redfish();
      bench = staged.bench;
      await switched(staged, () => rack.server(0).machine.power);
    });

    it('runs', async () => {
      const staged = await redfish();
      bench = staged.bench;
      expect(await staged.serve(RUNBOOK)).to.equal('accepted');
      expect(await bench.settled(staged.node, 'active')).to.include({ last_error: null });
      done();
    });

    it('runs on a BMC whose work takes a while, whose volumes want a boot, and that is silent while it flashes', async () => {
      const { redfish: bmc } = rack.server(0);
      state().storage.changes_at_once = false;
      bmc.faults = { task: { looks: 2, end: 'Completed' }, cuts_in_flash: 5 };
      const staged = await redfish();
      bench = staged.bench;
      expect(await staged.serve(RUNBOOK)).to.equal('accepted');
      expect(await bench.settled(staged.node, 'active')).to.include({ last_error: null });
      done();
      expect(bmc.faults.cuts_in_flash, 'it was silent').to.equal(0);
    });

    for (const what of ['BIOS', 'RAID', 'firmware'] as const)
      it(`goes on with another conductor when theirs dies in the ${what}`, async () => {
        const { redfish: bmc } = rack.server(0);
        // As long as the first conductor lives, no task ends.
        bmc.faults = { task: { looks: Number.POSITIVE_INFINITY, end: 'Completed' } };
        const staged = await redfish({ lease_timeout: 0.3 });
        bench = staged.bench;
        const steps = { BIOS: [BIOS], RAID: [RAID], firmware: [FIRMWARE] }[what];
        expect(await staged.serve(steps)).to.equal('accepted');
        await eventually(() => expect(state().tasks.running).to.equal(1));
        staged.first.halt();
        bmc.faults = {};
        state().tasks.finish();
        await bench.start('conductor-2');
        expect(await bench.settled(staged.node, 'active')).to.include({ last_error: null });
        if (what === 'BIOS') expect(state().bios.values.ProcCores).to.equal(8);
        if (what === 'RAID') expect(state().storage.volumes).to.have.lengthOf(1);
        if (what === 'firmware') {
          expect(state().firmware.versions.bmc).to.equal('2.0.0');
          expect(state().firmware.images).to.have.lengthOf(1);
        }
      });

    it('is refused before its first step with all that this server cannot do', async () => {
      const staged = await redfish();
      bench = staged.bench;
      const wrong = { ...BIOS, args: { settings: [{ name: 'NoSuchSetting', value: 1 }] } };
      const fan = {
        ...FIRMWARE,
        args: { settings: [{ component: 'nic:9', url: 'http://127.0.0.1/nic-2.0.0' }] },
      };
      const raid = {
        ...RAID,
        args: { raid_config: { logical_disks: [{ size_gb: 'MAX', raid_level: '6' }] } },
      };
      expect(await staged.serve([USER, wrong, fan, raid])).to.equal('accepted');
      const failed = await bench.settled(staged.node, 'service failed');
      for (const why of [
        'no BIOS setting NoSuchSetting',
        'no firmware component nic:9',
        'no controller can do RAID 6',
      ])
        expect(failed.last_error).to.contain(why);
      expect(state().accounts.accounts).to.have.lengthOf(1);
    });
  });

  describe('with IPMI', () => {
    let rack: Rack;
    let front: AgentFront;
    beforeEach(async () => {
      rack = await startRack({
        count: 1,
        clock: systemClock,
        boot_url: () => front.url,
        time_scale: 0.01,
        boot_order: ['disk'],
        delays_ms: { soft_off: 1 },
      });
    });
    afterEach(async () => {
      await rack[Symbol.asyncDispose]();
    });
    const server = (): RackServer => rack.servers[0] as RackServer;
    const ipmi = () =>
      stage(createIpmiDriver(recordingContext().context, QUICK_OPTIONS), { ...server().driver_info });

    it('S61 is switched by the same requests as all others', async () => {
      const staged = await ipmi();
      bench = staged.bench;
      await switched(staged, () => server().machine.power);
    });

    it('is refused at once, with every reason, and touches nothing', async () => {
      const staged = await ipmi();
      bench = staged.bench;
      const why = await staged.serve([{ interface: 'power', step: 'power_on' }, ...RUNBOOK]);
      for (const name of ['bios.apply_configuration', 'firmware.update'])
        expect(why).to.contain(`ipmi does not support ${name}`);
      expect(server().machine.power).to.equal('off');
    });

    const clean_steps = [BIOS, { ...RAID, step: 'create_configuration', args: {} }, FIRMWARE];

    /** Cleans by a ramdisk with these steps of a vendor; the state and error at the end. */
    async function cleaned(vendor_steps: string[]) {
      const staged = await ipmi();
      bench = staged.bench;
      front = await startAgentFront(bench.store, () => bench.client, Buffer.alloc(10));
      try {
        server().machine.vendor_steps = vendor_steps;
        const node = await bench.node({
          ...interfaces(createIpmiDriver(recordingContext().context, QUICK_OPTIONS)),
          ...{ deploy_interface: 'direct', raid_interface: 'agent', provision_state: 'manageable' },
          ...{ driver: 'ipmi', driver_info: { ...server().driver_info } },
        });
        const address = server().machine.identity.macs[0] ?? '';
        await bench.store.ports.create({ node_uuid: node.uuid, address, pxe_enabled: true });
        await bench.client.provision(node, 'clean', { clean_steps }, CALLER);
        return await eventually(async () => {
          const now = await bench.read(node);
          expect(now.reservation).to.equal(null);
          expect(now.provision_state).to.be.oneOf(['manageable', 'clean failed']);
          return now;
        });
      } finally {
        await front[Symbol.asyncDispose]();
      }
    }
    const done = () => server().machine.events.filter(({ event }) => event === 'vendor step');

    it('leaves to the ramdisk what IPMI cannot do', async () => {
      const names = ['bios.apply_configuration', 'raid.create_configuration', 'firmware.update'];
      const node = await cleaned(names);
      expect(node).to.include({ provision_state: 'manageable', last_error: null });
      expect(done().map(({ detail }) => detail)).to.deep.equal(names);
    });

    it('runs none of them when the ramdisk does not have them all', async () => {
      const node = await cleaned(['bios.apply_configuration', 'raid.create_configuration']);
      expect(node.last_error).to.contain('does not have the steps firmware.update. None was run.');
      expect(done()).to.deep.equal([]);
    });
  });
});
