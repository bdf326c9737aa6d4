import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import { createIpmiDriver } from '../../drivers/ipmi/driver.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { type Rack, type RackServer, startRack } from '../../rack/rack.ts';
import { recordingContext } from '../contract/driver-bench.ts';
import { QUICK_OPTIONS } from '../drivers/ipmi/ipmi-options.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

const OTHER = { name: 'other', password: 'other-s3cret', privilege: 4 };
const PASSWORD = { password: 'n3w-s3cret' };

describe('two nodes with one BMC', () => {
  let rack: Rack;
  let server: RackServer;
  let bench: ConductorBench;
  let first: NodeRecord;
  let second: NodeRecord;

  beforeEach(async () => {
    rack = await startRack({ count: 2, clock: systemClock, password: 's3cret-of-both' });
    const [one] = rack.servers;
    if (one === undefined) throw new Error('no server');
    server = one;
    server.bmc.users = [...server.bmc.users, OTHER];
    const driver = createIpmiDriver(recordingContext().context, QUICK_OPTIONS);
    bench = await startConductorBench(
      {
        DEFAULT: { enabled_hardware_types: ['ipmi'] },
        conductor: { hardware_step_poll_interval: 0.05, hardware_step_timeout: 2, poll_interval: 0.05 },
      },
      { driver },
    );
    await bench.start();
    first = await active(server.driver_info);
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
  });

  const active = (driver_info: JsonObject): Promise<NodeRecord> =>
    bench.node({
      ...{ driver: 'ipmi', driver_info, provision_state: 'active', deploy_interface: 'noop' },
      ...{ management_interface: 'ipmitool', power_interface: 'ipmitool' },
    });
  const serve = async (step: string, args: JsonObject, state: 'active' | 'service failed') => {
    const service_steps = [{ interface: 'management', step, args }];
    await bench.client.provision(first, 'service', { service_steps }, CALLER);
    return bench.settled(first, state);
  };
  const answers = async (node: NodeRecord): Promise<void> => {
    const driver = bench.drivers.get('ipmi');
    const parsed = driver?.parse((await bench.read(node)).driver_info);
    if (driver == null || parsed === undefined || 'problems' in parsed) throw new Error('no driver_info');
    await using connection = await driver.connect(parsed.info, { timeout_ms: 5000 });
    expect(await connection.power.get({ timeout_ms: 5000 })).to.equal('power off');
  };

  for (const [what, step, args] of [
    ['the password of their account', 'set_bmc_credentials', PASSWORD],
    ['to another account, with the old one gone', 'set_bmc_credentials', { username: 'new', ...PASSWORD }],
    ['the address', 'set_bmc_lan', { address: '127.0.0.9' }],
  ] as [string, string, JsonObject][])
    it(`changes ${what} for neither, says which node it would cut off, and touches nothing`, async () => {
      second = await active(server.driver_info);
      server.bmc.asked = [];
      const failed = await serve(step, args, 'service failed');
      expect(failed.last_error).to.contain(second.uuid).and.contain('Nothing was touched');
      for (const node of [first, second]) await answers(node);
      // Set User Access, Name and Password, and Set LAN Configuration.
      const changes = server.bmc.asked.filter(({ netfn, cmd }) =>
        netfn === 0x06 ? [0x43, 0x45, 0x47].includes(cmd) : netfn === 0x0c && cmd === 0x01,
      );
      expect(changes).to.deep.equal([]);
    });

  it('changes the account of one of them where the other has its own', async () => {
    second = await active({
      ...server.driver_info,
      ipmi_username: OTHER.name,
      ipmi_password: OTHER.password,
    });
    const changed = await serve('set_bmc_credentials', PASSWORD, 'active');
    expect(changed.driver_info.ipmi_password).to.equal(PASSWORD.password);
    for (const node of [first, second]) await answers(node);
    const accounts = { [OTHER.name]: { absent: true } };
    const failed = await serve('set_bmc_accounts', { accounts }, 'service failed');
    expect(failed.last_error).to.contain(second.uuid);
    await answers(second);
  });

  it('takes another port of the same address for another BMC', async () => {
    const other = rack.servers[1];
    if (other === undefined) throw new Error('no server');
    second = await active(other.driver_info);
    await serve('set_bmc_credentials', PASSWORD, 'active');
    for (const node of [first, second]) await answers(node);
  });

  it('does not restart the BMC while the other node is at work through it', async () => {
    second = await active(server.driver_info);
    await bench.store.nodes.update(second.uuid, { reservation: 'conductor-9' });
    const failed = await serve('reset_bmc', {}, 'service failed');
    expect(failed.last_error).to.contain(second.uuid).and.contain('at work');
    await bench.store.nodes.update(second.uuid, { reservation: null });
    expect(server.machine.events.map(({ event }) => event)).not.to.include('bmc reset');
  });
});
