import { expect } from 'chai';
import { createRedfishDriver } from '../../../drivers/redfish/driver.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import type { AccountService } from '../../../rack/redfish/account-service.ts';
import { CALLER, type ConductorBench, startConductorBench } from '../../conductor/conductor-bench.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { PASSWORD, QUICK_OPTIONS, type QuickRack, quickRack } from './redfish-bench.ts';

const NEW_PASSWORD = 'n3w-passw0rd';

describe('the service moves to another login of a Redfish BMC', () => {
  let rack: QuickRack;
  let bench: ConductorBench;
  let node: NodeRecord;
  let service: AccountService;

  beforeEach(async () => {
    rack = await quickRack({ count: 1 });
    service = rack.server(0).redfish.state.accounts;
    bench = await startConductorBench(
      {
        DEFAULT: { enabled_hardware_types: ['redfish'] },
        conductor: { hardware_step_poll_interval: 0.02, hardware_step_timeout: 5, poll_interval: 0.05 },
      },
      { driver: createRedfishDriver(recordingContext().context, QUICK_OPTIONS) },
    );
    await bench.start();
    node = await bench.node({
      ...{ driver: 'redfish', driver_info: rack.driver_info(0), provision_state: 'active' },
      ...{ management_interface: 'redfish', power_interface: 'redfish', deploy_interface: 'noop' },
    });
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
  });

  const set = async (
    args: JsonObject,
    state: 'active' | 'service failed' = 'active',
  ): Promise<NodeRecord> => {
    const service_steps = [{ interface: 'management', step: 'set_bmc_credentials', args }];
    await bench.client.provision(node, 'service', { service_steps }, CALLER);
    return bench.settled(node, state);
  };

  it('with another password in place; the helper is gone in the end', async () => {
    const moved = await set({ password: NEW_PASSWORD });
    expect(moved.driver_info).to.include({ redfish_username: 'admin', redfish_password: NEW_PASSWORD });
    expect(service.login('admin', PASSWORD)).to.equal(null);
    expect(service.accounts.map(({ name }) => name)).to.deep.equal(['admin']);
  });

  it('of a new account on a BMC with a fixed table; the old one is emptied', async () => {
    service.fixTable(3);
    const moved = await set({ username: 'second', password: NEW_PASSWORD });
    expect(moved.driver_info).to.include({ redfish_username: 'second', redfish_password: NEW_PASSWORD });
    expect(service.login('second', NEW_PASSWORD)).to.include({ role: 'Administrator' });
    expect(service.accounts.filter(({ name }) => name !== '').map(({ name }) => name)).to.deep.equal([
      'second',
    ]);
  });

  it('but not with a password that the BMC does not take', async () => {
    const failed = await set({ password: 'x'.repeat(21) }, 'service failed');
    expect(failed.last_error).to.contain('takes passwords of 20 bytes');
    expect(failed.driver_info).to.include({ redfish_password: PASSWORD });
    expect(service.login('admin', PASSWORD)).not.to.equal(null);
  });
});
