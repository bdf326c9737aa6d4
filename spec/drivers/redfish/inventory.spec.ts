import { expect } from 'chai';
import type { CallOptions } from '../../../drivers/contract.ts';
import { createRedfishDriver } from '../../../drivers/redfish/driver.ts';
import { CALLER, type ConductorBench, startConductorBench } from '../../conductor/conductor-bench.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { QUICK_OPTIONS, type QuickRack, quickRack } from './redfish-bench.ts';

const PATIENT: CallOptions = { timeout_ms: 15_000 };
const GIB = 1024 ** 3;

describe('the redfish inspect interface', () => {
  let rack: QuickRack;
  beforeEach(async () => {
    rack = await quickRack({ count: 1 });
  });
  afterEach(() => rack[Symbol.asyncDispose]());

  it('reads all parts that are there, volumes in place of their drives', async () => {
    const { machine, redfish } = rack.server(0);
    const { storage } = redfish.state;
    storage.volumes.push({
      ...{ id: 'V1', type: 'RAID1', bytes: 100 * GIB, name: 'root' },
      drives: ['Disk.1', 'Disk.2'],
    });
    await using driver = createRedfishDriver(recordingContext().context, QUICK_OPTIONS);
    const parsed = driver.parse(rack.driver_info(0));
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    await using connection = await driver.connect(parsed.info, PATIENT);
    const inventory = await connection.hardware?.inventory(PATIENT);
    const { identity } = machine;
    expect(inventory).to.deep.include({
      interfaces: identity.macs.map((mac_address, i) => ({
        ...{ name: `NIC.${i + 1}`, mac_address, has_carrier: i === 0, speed_mbps: 10_000 },
      })),
      cpu: {
        model_name: 'Kurogane Virtual CPU',
        ...{ architecture: 'x86_64', count: 16, frequency: 2400, socket_count: 1 },
      },
      memory: { physical_mb: 65_536, total: 64 * GIB },
      bmc_address: '127.0.0.1',
      boot: { current_boot_mode: 'uefi' },
      bmc: { manufacturer: null, model: null, firmware_version: '1.0.0' },
      system_vendor: {
        ...{ product_name: identity.product_name, serial_number: identity.serial },
        ...{ manufacturer: identity.manufacturer, sku: null, system_uuid: identity.uuid },
        firmware: { vendor: identity.manufacturer, version: '1.0.0' },
      },
    });
    expect(inventory?.memory_modules).to.have.lengthOf(2);
    expect(inventory?.processors).to.have.lengthOf(1);
    const disks = inventory?.disks as { name: string; size: number; rotational?: boolean }[];
    expect(disks.map(({ name }) => name)).to.deep.equal(['root', 'Disk.3', 'Disk.4']);
    expect(disks[1]).to.include({ size: 100 * GIB, rotational: true });
  });

  describe('on a node', () => {
    let bench: ConductorBench;
    afterEach(() => bench[Symbol.asyncDispose]());

    it('makes its ports, and fills its properties, without switching the server on', async () => {
      const driver = createRedfishDriver(recordingContext().context, QUICK_OPTIONS);
      bench = await startConductorBench({ DEFAULT: { enabled_hardware_types: ['redfish'] } }, { driver });
      await bench.start();
      const node = await bench.node({
        ...{ driver: 'redfish', driver_info: rack.driver_info(0), provision_state: 'manageable' },
        ...{ inspect_interface: 'redfish', management_interface: 'redfish', power_interface: 'redfish' },
      });
      await bench.client.provision(node, 'inspect', {}, CALLER);
      const inspected = await bench.settled(node, 'manageable');
      expect(inspected.last_error).to.equal(null);
      expect(inspected.properties).to.deep.include({
        ...{ cpu_arch: 'x86_64', cpus: '16', memory_mb: '65536', local_gb: '99' },
      });
      const ports = await bench.store.ports.list({ where: { node_uuid: node.uuid } });
      expect(ports.map(({ address }) => address)).to.have.members([...rack.server(0).machine.identity.macs]);
      expect((await bench.store.inventory.get(node.uuid))?.inventory).to.have.property('memory_modules');
      expect(rack.server(0).machine.power).to.equal('off');
    });
  });
});
