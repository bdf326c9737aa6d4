import { expect } from 'chai';
import type { CallOptions, Connection, Driver } from '../../../drivers/contract.ts';
import { createRedfishDriver } from '../../../drivers/redfish/driver.ts';
import type { RedfishInfo } from '../../../drivers/redfish/driver-info.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { eventually } from '../../services/eventually.ts';
import { QUICK_OPTIONS, type QuickRack, quickRack } from './redfish-bench.ts';

const PATIENT: CallOptions = { timeout_ms: 10_000 };

/** What OCP's baseline profile of hardware management (OCPBaselineHardwareManagement 1.0) does not ask for, and no maker adds. */
const NOT_OF_OCP = [
  ...[
    'Oem',
    'Bios',
    'SecureBoot',
    'Storage',
    'VirtualMedia',
    'UpdateService',
    'TaskService',
    'NetworkAdapters',
  ],
  ...['GraphicalConsole', 'Memory', 'Processors', 'EthernetInterfaces', 'NetworkInterfaces'],
];

describe('S102 an OCP server, whose BMC has the standard and nothing of a maker', () => {
  let rack: QuickRack;
  let driver: Driver<RedfishInfo>;
  let connection: Connection;

  beforeEach(async () => {
    rack = await quickRack({ count: 1 });
    rack.server(0).redfish.faults = { lacks: NOT_OF_OCP };
    driver = createRedfishDriver(recordingContext().context, QUICK_OPTIONS);
    const parsed = driver.parse(rack.driver_info(0));
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    connection = await driver.connect(parsed.info, PATIENT);
  });
  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await driver[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
  });

  it('S102 is powered on, restarted and powered off', async () => {
    const is = (wished: string) =>
      eventually(async () => expect(await connection.power.get(PATIENT)).to.equal(wished));
    await connection.power.set('power on', PATIENT);
    await is('power on');
    const { reboots } = rack.server(0).machine;
    await connection.power.set('rebooting', PATIENT);
    await eventually(() => expect(rack.server(0).machine.reboots).to.equal(reboots + 1));
    await connection.power.set('power off', PATIENT);
    await is('power off');
  });

  it('S102 boots from the network when told to, and tells its health, maker and serial number', async () => {
    const wanted = { boot_device: 'pxe', persistent: false, boot_mode: 'uefi' } as const;
    await connection.boot?.set(wanted, PATIENT);
    expect(rack.server(0).machine.boot_override?.device).to.equal('pxe');
    expect(await connection.health?.read(PATIENT)).to.equal('OK');
    const { system_vendor } = (await connection.inventory?.read(PATIENT)) ?? {};
    expect(system_vendor?.serial_number).to.equal(rack.server(0).machine.identity.serial);
  });

  it('S102 refuses by name what it does not have', async () => {
    for (const [what, ask] of Object.entries({
      bios: () => connection.bios?.read(PATIENT),
      secureBoot: () => connection.secureBoot?.set(true, PATIENT),
      media: () => connection.virtualMedia?.attach('cdrom', 'https://images.example/a.iso', PATIENT),
    })) {
      const said = await Promise.resolve(ask()).catch((error: unknown) => error);
      expect(said, what).to.have.property('code', 'unsupported');
    }
  });
});
