import { expect } from 'chai';
import { systemClock } from '../../config/system-clock.ts';
import { createBampiDriver } from '../../drivers/bampi/driver.ts';
import type { Driver } from '../../drivers/contract.ts';
import { createIpmiDriver } from '../../drivers/ipmi/driver.ts';
import { createRedfishDriver } from '../../drivers/redfish/driver.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { Bampi } from '../../rack/bampi/bampi.ts';
import type { Machine } from '../../rack/machine.ts';
import { startRack } from '../../rack/rack.ts';
import { recordingContext } from '../contract/driver-bench.ts';
import { QUICK_OPTIONS as IPMI_OPTIONS } from '../drivers/ipmi/ipmi-options.ts';
import { QUICK_OPTIONS, quickRack } from '../drivers/redfish/redfish-bench.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

interface Stage extends AsyncDisposable {
  driver: Driver;
  driver_info: JsonObject;
  /** Whether anything was done to the server. */
  touched(): boolean;
}

const STAGES: Readonly<Record<string, () => Promise<Stage>>> = {
  redfish: async () => {
    const rack = await quickRack({ count: 1 });
    const { machine } = rack.server(0);
    return {
      driver: createRedfishDriver(recordingContext().context, QUICK_OPTIONS),
      driver_info: rack.driver_info(0),
      touched: () => commands(machine) > 0 || rack.server(0).redfish.state.version > 1,
      [Symbol.asyncDispose]: () => rack[Symbol.asyncDispose](),
    };
  },
  ipmi: async () => {
    const rack = await startRack({ count: 1, clock: systemClock });
    const [server] = rack.servers;
    if (server === undefined) throw new Error('no server');
    return {
      driver: createIpmiDriver(recordingContext().context, IPMI_OPTIONS),
      driver_info: { ...server.driver_info },
      touched: () => commands(server.machine) > 0,
      [Symbol.asyncDispose]: () => rack[Symbol.asyncDispose](),
    };
  },
  bampi: async () => {
    const login = { hostnames: ['a'], username: 'u', password: 'p' };
    const bampi = await Bampi.start({ ...login, clock: systemClock });
    return {
      driver: createBampiDriver(recordingContext().context),
      driver_info: {
        ...{ bampi_address: bampi.url, bampi_username: 'u', bampi_password: 'p', bampi_hostname: 'a' },
      },
      touched: () => bampi.tasks.length > 0 || bampi.servers[0]?.power === 'on',
      [Symbol.asyncDispose]: () => bampi[Symbol.asyncDispose](),
    };
  },
};

function commands({ events }: Machine): number {
  return events.filter(({ event }) => ['power command', 'boot device', 'bmc reset'].includes(event)).length;
}

const FIRMWARE = {
  ...{ interface: 'firmware', step: 'update' },
  args: { settings: [{ component: 'bmc', url: 'http://127.0.0.1/bmc-2.0.0.bin' }] },
};
const RESET = { interface: 'management', step: 'reset_bmc', args: { kind: 'cold' } };
const ERASE = { interface: 'deploy', step: 'erase_devices_metadata', args: {} };
const bios = (name: string, value: string) => ({
  ...{ interface: 'bios', step: 'apply_configuration' },
  args: { settings: [{ name, value }] },
});
const raw = (raw_bytes: string) => ({ interface: 'vendor', step: 'send_raw', args: { raw_bytes } });

describe('orders that would cut the way back, on real drivers', () => {
  let stage: Stage;
  let bench: ConductorBench;
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
    await stage[Symbol.asyncDispose]();
  });

  const open = async (kind: string, fields: Partial<NodeRecord>): Promise<NodeRecord> => {
    stage = await (STAGES[kind] as () => Promise<Stage>)();
    const { driver, driver_info } = stage;
    bench = await startConductorBench(
      {
        DEFAULT: { enabled_hardware_types: [driver.name] },
        conductor: {
          ...{ hardware_step_poll_interval: 0.02, hardware_step_timeout: 5, poll_interval: 0.05 },
          disallow_clean_steps: [],
        },
      },
      { driver },
    );
    await bench.start();
    const interfaces = Object.fromEntries(
      Object.entries({ ...driver.interfaces, network: ['noop'] }).map(([name, all]) => [
        `${name}_interface`,
        all[0] ?? '',
      ]),
    );
    const agent = { deploy_interface: 'direct', raid_interface: 'agent' };
    return bench.node({ ...interfaces, ...agent, driver: driver.name, driver_info, ...fields });
  };
  const refusal = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'accepted',
      (error: Error) => error.message,
    );

  for (const [kind, steps, why] of [
    ['redfish', [bios('PxeDev1EnDis', 'Disabled'), ERASE], 'ramdisk of a later step'],
    ['redfish', [bios('BootOrder', 'disk'), ERASE], 'ramdisk of a later step'],
    ['ipmi', [raw('0x00 0x08 0x05 0x80 0x08 0 0 0'), ERASE], 'ramdisk of a later step'],
    ['ipmi', [raw('0x06 0x02'), FIRMWARE], 'management.reset_bmc'],
    ['ipmi', [raw('0x0c 0x01 0x01 0x03 10 0 0 1')], 'management.set_bmc_lan'],
    ['bampi', [bios('BootOrder', 'disk'), ERASE], 'ramdisk of a later step'],
  ] as const)
    it(`${kind}: ${steps.map(({ step, args }) => `${step} ${JSON.stringify(args)}`).join(', then ')} is refused at once`, async () => {
      const node = await open(kind, { provision_state: 'manageable' });
      const clean_steps = [{ interface: 'power', step: 'power_on' }, ...steps] as JsonObject[];
      expect(await refusal(bench.client.provision(node, 'clean', { clean_steps }, CALLER))).to.contain(why);
      expect(stage.touched()).to.equal(false);
      expect((await bench.read(node)).provision_state).to.equal('manageable');
    });

  it('redfish: nobody restarts the BMC or the server during a flash, and a restart in the order comes after it', async () => {
    await using rack = await quickRack({ count: 1 });
    const { machine, redfish } = rack.server(0);
    const node = await open('redfish', { provision_state: 'active', driver_info: rack.driver_info(0) });
    redfish.faults = { task: { looks: Number.POSITIVE_INFINITY, end: 'Completed' } };
    const service_steps = [FIRMWARE, RESET] as JsonObject[];
    const args = { service_steps, disable_ramdisk: true };
    await bench.client.provision(node, 'service', args, CALLER);
    await eventually(() => expect(redfish.state.tasks.running).to.equal(1));
    const busy = await bench.read(node);
    for (const ask of [
      () => bench.client.power(busy, 'power off', null, CALLER),
      () => bench.client.power(busy, 'rebooting', null, CALLER),
      () =>
        bench.client.provision(busy, 'service', { ...args, service_steps: [RESET] as JsonObject[] }, CALLER),
    ])
      expect(await refusal(ask())).not.to.equal('accepted');
    expect(commands(machine)).to.equal(0);
    redfish.faults = {};
    redfish.state.tasks.finish();
    await bench.settled(node, 'active');
    expect(redfish.state.firmware.versions.bmc).to.equal('2.0.0');
    const restarts = machine.events.filter(({ event }) => event === 'bmc reset');
    expect(restarts.map(({ detail }) => detail)).to.deep.equal(['ForceRestart']);
  });

  for (const [what, data] of [
    ['bmc_reset', {}],
    ['send_raw', { raw_bytes: '0x06 0x02' }],
  ] as const)
    it(`ipmi: nobody restarts the BMC by ${what} while the ramdisk writes firmware`, async () => {
      const node = await open('ipmi', {
        ...{ provision_state: 'clean wait', target_provision_state: 'manageable' },
        clean_step: { interface: 'firmware', step: 'update', priority: 0, args: {} },
      });
      const passthru = { method: what, http_method: 'POST', data } as const;
      const asked = bench.client.call(node, 'vendor_passthru', passthru, CALLER);
      expect(await refusal(asked)).to.contain('is writing firmware');
      expect(stage.touched()).to.equal(false);
    });
});
