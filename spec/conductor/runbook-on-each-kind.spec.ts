import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import { createBampiDriver } from '../../drivers/bampi/driver.ts';
import type { Driver } from '../../drivers/contract.ts';
import { createIpmiDriver } from '../../drivers/ipmi/driver.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { Bampi } from '../../rack/bampi/bampi.ts';
import { type Rack, startRack } from '../../rack/rack.ts';
import { recordingContext } from '../contract/driver-bench.ts';
import { QUICK_OPTIONS } from '../drivers/ipmi/ipmi-options.ts';
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
async function stage(driver: Driver, driver_info: JsonObject) {
  const bench = await startConductorBench(
    { ...QUICK, DEFAULT: { enabled_hardware_types: [driver.name] } },
    { driver },
  );
  await bench.start();
  const node = await bench.node({
    ...interfaces(driver),
    ...{ driver: driver.name, driver_info, provision_state: 'active' },
  });
  const serve = (service_steps: JsonObject[]): Promise<string> =>
    bench.client.provision(node, 'service', { service_steps }, CALLER).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
  return { bench, node, serve };
}

describe('one runbook on each kind of server', () => {
  let bench: ConductorBench;
  afterEach(() => bench[Symbol.asyncDispose]());

  describe('with BAMPI', () => {
    let bampi: Bampi;
    beforeEach(async () => {
      bampi = await Bampi.start({ hostnames: ['Rack1-A'], username: 'u', password: 'p' });
    });
    afterEach(() => bampi[Symbol.asyncDispose]());
    const info = () => ({
      ...{ bampi_address: bampi.url, bampi_username: 'u', bampi_password: 'p', bampi_hostname: 'rack1-a' },
      bampi_raid_profiles: { '1': 'mirror' },
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

    it('says what the log of a task says when it fails', async () => {
      const staged = await stage(createBampiDriver(recordingContext().context), info());
      bench = staged.bench;
      Object.assign(bampi.servers[0] ?? {}, { faults: { log: 'no disks\\nin slot 3' } });
      expect(await staged.serve([RAID])).to.equal('accepted');
      const failed = await bench.settled(staged.node, 'service failed');
      expect(failed.last_error).to.contain('no disks\nin slot 3');
    });
  });

  describe('with IPMI', () => {
    let rack: Rack;
    beforeEach(async () => {
      rack = await startRack({ count: 1, clock: systemClock });
    });
    afterEach(() => rack[Symbol.asyncDispose]());

    it('is refused at once, with every reason, and touches nothing', async () => {
      const [server] = rack.servers;
      const driver = createIpmiDriver(recordingContext().context, QUICK_OPTIONS);
      const staged = await stage(driver, { ...server?.driver_info });
      bench = staged.bench;
      const why = await staged.serve([{ interface: 'power', step: 'power_on' }, ...RUNBOOK]);
      for (const name of ['bios.apply_configuration', 'firmware.update'])
        expect(why).to.contain(`ipmi does not support ${name}`);
      expect(server?.machine.power).to.equal('off');
    });
  });
});
