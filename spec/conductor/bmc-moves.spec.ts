import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import type { Driver } from '../../drivers/contract.ts';
import { createIpmiDriver } from '../../drivers/ipmi/driver.ts';
import { createRedfishDriver } from '../../drivers/redfish/driver.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { selfSignedCertificate } from '../../rack/certificate.ts';
import { Bmc } from '../../rack/ipmi/bmc.ts';
import { type Rack, startRack } from '../../rack/rack.ts';
import { recordingContext } from '../contract/driver-bench.ts';
import { QUICK_OPTIONS as IPMI_OPTIONS } from '../drivers/ipmi/ipmi-options.ts';
import { QUICK_OPTIONS, type QuickRack, quickRack } from '../drivers/redfish/redfish-bench.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

const OLD = '127.0.0.1';
const NEW = '127.88.0.7';
const LAN_ADDRESS = 3;

describe('management.set_bmc_lan on a BMC that really moves', function () {
  this.timeout(30_000);
  let bench: ConductorBench;
  let ends: (() => PromiseLike<void>)[];

  beforeEach(() => {
    ends = [];
  });
  afterEach(async () => {
    for (const end of ends.reverse()) await end();
  });

  async function served(driver: Driver, driver_info: JsonObject): Promise<NodeRecord> {
    bench = await startConductorBench(
      {
        DEFAULT: { enabled_hardware_types: [driver.name] },
        conductor: { hardware_step_poll_interval: 0.2, hardware_step_timeout: 2, poll_interval: 0.05 },
      },
      { driver },
    );
    ends.push(() => bench[Symbol.asyncDispose]());
    await bench.start();
    const kind = driver.name === 'ipmi' ? 'ipmitool' : 'redfish';
    return await bench.node({
      ...{ driver: driver.name, driver_info, provision_state: 'active', deploy_interface: 'noop' },
      ...{ management_interface: kind, power_interface: kind },
    });
  }

  async function move(node: NodeRecord, state: 'active' | 'service failed'): Promise<NodeRecord> {
    const service_steps = [{ interface: 'management', step: 'set_bmc_lan', args: { address: NEW } }];
    await bench.client.provision(node, 'service', { service_steps }, CALLER);
    return await eventually(() => bench.settled(node, state), 20_000);
  }

  describe('by IPMI', () => {
    let rack: Rack;

    async function start(comes: boolean): Promise<NodeRecord> {
      rack = await startRack({
        ...{ count: 1, clock: systemClock, password: 's3cret', bmcs: { address: OLD, first_port: 0 } },
      });
      const [server] = rack.servers;
      if (server === undefined) throw new Error('no server');
      const { bmc, driver_info, machine } = server;
      let moved: Bmc | null = null;
      const put = bmc.lan.set.bind(bmc.lan);
      const go = async (): Promise<void> => {
        moved = await Bmc.start({ machine, address: NEW, port: driver_info.ipmi_port, users: bmc.users });
        bmc.faults = { silent: true };
      };
      bmc.lan.set = (parameter, data) => {
        const told = put(parameter, data);
        // Its answer may still leave.
        if (comes && parameter === LAN_ADDRESS && data.join('.') === NEW) setTimeout(() => void go(), 20);
        return told;
      };
      ends.push(async () => {
        await moved?.[Symbol.asyncDispose]();
        await rack[Symbol.asyncDispose]();
      });
      const driver = createIpmiDriver(recordingContext().context, IPMI_OPTIONS);
      return await served(driver, driver_info);
    }

    it('is followed there once it is proved to be the same one', async () => {
      const node = await move(await start(true), 'active');
      expect(node.driver_info.ipmi_address).to.equal(NEW);
    });

    it('is taken back when it never came there', async () => {
      const node = await move(await start(false), 'service failed');
      expect(node.last_error).to.contain('could not be proved, and was taken back');
      expect(node.driver_info.ipmi_address).to.equal(OLD);
      expect([...(rack.servers[0]?.bmc.lan.get(LAN_ADDRESS) ?? [])].join('.')).to.equal(OLD);
    });
  });

  describe('by Redfish', () => {
    let rack: QuickRack;

    async function start(names: readonly string[], comes: boolean): Promise<NodeRecord> {
      const certificate = await selfSignedCertificate(OLD, systemClock.now(), names);
      rack = await quickRack({ count: 1, certificate });
      ends.push(() => rack[Symbol.asyncDispose]());
      const { redfish } = rack.server(0);
      const { network } = redfish.state;
      const write = network.write.bind(network);
      network.write = (path, body) => {
        const outcome = write(path, body);
        if (comes && network.lan.address === NEW) setTimeout(() => void redfish.moveTo(NEW), 20);
        return outcome;
      };
      const driver = createRedfishDriver(recordingContext().context, QUICK_OPTIONS);
      return await served(driver, rack.driver_info(0));
    }

    it('is followed there, with its certificate believed there too', async () => {
      const node = await move(await start([NEW], true), 'active');
      expect(new URL(String(node.driver_info.redfish_address)).hostname).to.equal(NEW);
    });

    it('is not moved where its certificate would not be believed', async () => {
      const node = await move(await start([], true), 'service failed');
      expect(node.last_error).to.contain(`certificate does not name ${NEW}`);
      expect(rack.server(0).redfish.state.network.lan.address).to.equal(OLD);
      expect(new URL(String(node.driver_info.redfish_address)).hostname).to.equal(OLD);
    });

    it('is taken back when it never came there', async () => {
      const node = await move(await start([NEW], false), 'service failed');
      expect(node.last_error).to.contain('could not be proved, and was taken back');
      expect(rack.server(0).redfish.state.network.lan.address).to.equal(OLD);
    });
  });
});
