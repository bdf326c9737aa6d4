import { expect } from 'chai';
import type { Driver } from '../../../drivers/contract.ts';
import { createFakeDriver } from '../../../drivers/fake/driver.ts';
import type { FakeInfo } from '../../../drivers/fake/info.ts';
import { type FakeServer, type FakeServers, serverOf } from '../../../drivers/fake/server.ts';
import type { Clock } from '../../../lifecycle/clock.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { describeDriver } from '../../contract/describe-driver.ts';
import { recordingContext } from '../../contract/driver-bench.ts';
import { describeHardwareChanges, type HardwareBench } from '../../contract/driver-hardware.ts';

async function startFakeBench(): Promise<HardwareBench> {
  const servers: FakeServers = new Map();
  const extra: [JsonObject, JsonObject] = [{}, {}];
  return {
    createDriver: (context) => createFakeDriver(context, servers),
    driver_info: (i) => ({ fake_id: `server-${i}`, ...extra[i] }),
    refused_driver_info: (i) => ({ fake_id: `server-${i}`, fake_power_failure: 'unauthorized' }),
    truth: (i) => {
      const server = serverOf(servers, `server-${i}`);
      return {
        get power() {
          return server.power === 'power on' ? 'on' : 'off';
        },
        set power(value) {
          server.power = `power ${value}`;
        },
        get boot() {
          return server.boot;
        },
        get identify() {
          return server.identify;
        },
        get nmi_count() {
          return server.nmi_count;
        },
        get reboots() {
          return server.power_commands.filter((command) => command.endsWith('rebooting')).length;
        },
        get indicators() {
          return Object.fromEntries(
            server.indicators.map(({ id, component, state }) => [`${id}@${component}`, state]),
          );
        },
        get boot_mode() {
          return server.boot_mode;
        },
        set boot_mode(value) {
          server.boot_mode = value;
        },
        get secure_boot() {
          return server.secure_boot;
        },
        set secure_boot(value) {
          server.secure_boot = value;
        },
        get images() {
          return server.virtual_media.flatMap(({ image }) => image ?? []);
        },
        get erasures() {
          return server.erased.length;
        },
        get console() {
          return server.console;
        },
        set bios(settings: readonly { name: string; value: string | null }[]) {
          for (const { name, value } of settings)
            for (const setting of server.bios) if (setting.name === name) setting.value = value;
        },
        set firmware(parts: readonly { component: string; current_version: string }[]) {
          for (const { component, current_version } of parts)
            for (const part of server.firmware)
              if (part.component === component) part.current_version = current_version;
        },
        set health(value: FakeServer['health']) {
          server.health = value;
        },
      };
    },
    break: (i, fault) => {
      if (fault === 'busy') extra[i] = { fake_power_failure: 'busy' };
      if (fault === 'silent') serverOf(servers, `server-${i}`).answers = false;
    },
    heal: (i) => {
      extra[i] = {};
      serverOf(servers, `server-${i}`).answers = true;
    },
    slow: () => {
      extra[0] = { fake_task_delay: 1 };
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

describeDriver('fake-hardware', startFakeBench, {
  capabilities: [
    ...(['boot', 'identify', 'nmi', 'bootMode', 'secureBoot', 'indicators', 'virtualMedia'] as const),
    ...(['console', 'bios', 'firmware', 'health', 'raw', 'bmc', 'sensors'] as const),
  ],
  faults: ['silent', 'busy'],
  secrets: [],
});

describeHardwareChanges('fake-hardware', startFakeBench, ['biosWriter', 'raid', 'drives', 'firmwareUpdater']);

describe('drivers/fake', () => {
  const use = (driver_info: JsonObject, driver: Driver<FakeInfo>, node_uuid = 'n') => {
    const reading = driver.parse(driver_info);
    if ('problems' in reading) throw new Error(reading.problems.join(' '));
    return driver.connect(reading.info, { timeout_ms: 1000, node_uuid });
  };

  it('gives each node a server of its own, and nodes with one fake_id the same', async () => {
    const driver = createFakeDriver(recordingContext().context);
    const call = { timeout_ms: 1000 };
    await (await use({}, driver, 'a')).power.set('power on', call);
    expect(await (await use({}, driver, 'a')).power.get(call)).to.equal('power on');
    expect(await (await use({}, driver, 'b')).power.get(call)).to.equal('power off');
    await (await use({ fake_id: 'x' }, driver, 'a')).power.set('power on', call);
    expect(await (await use({ fake_id: 'x' }, driver, 'b')).power.get(call)).to.equal('power on');
  });

  it('fails the first calls only, when a count is given', async () => {
    const driver = createFakeDriver(recordingContext().context);
    const codes: unknown[] = [];
    for (let i = 0; i < 3; i += 1) {
      const connection = await use({ fake_power_failure: 'rejected:2' }, driver);
      codes.push(
        await connection.power.get({ timeout_ms: 1000 }).then(
          (power) => power,
          (error: { code: string }) => error.code,
        ),
      );
    }
    expect(codes).to.deep.equal(['rejected', 'rejected', 'power off']);
  });

  it('takes its time on the clock that it was given, and ends at the deadline', async () => {
    const slept: number[] = [];
    const clock: Clock = {
      now: () => 0,
      monotonic: () => 0,
      sleep: async (ms) => {
        slept.push(ms);
      },
    };
    const driver = createFakeDriver({ ...recordingContext().context, clock });
    const connection = await use({ fake_power_delay: '2', fake_management_delay: '3,5' }, driver);
    await connection.power.set('power on', { timeout_ms: 10_000 });
    await connection.boot?.get({ timeout_ms: 10_000 });
    expect(slept[0]).to.equal(2000);
    expect(slept[1]).to.be.within(3000, 5000);
    const code = await connection.power.get({ timeout_ms: 500 }).catch((e: { code: string }) => e.code);
    expect([code, slept[2]]).to.deep.equal(['timeout', 500]);
  });

  it('is unreachable by the deadline, and aborted at once before it', async () => {
    const driver = createFakeDriver(recordingContext().context);
    const connection = await use({ fake_power_failure: 'unreachable' }, driver);
    const code = await connection.power.get({ timeout_ms: 5 }).catch((e: { code: string }) => e.code);
    expect(code).to.equal('unreachable');
    const abort = new AbortController();
    const call = connection.power.get({ timeout_ms: 3_600_000, signal: abort.signal }).catch(() => 'aborted');
    abort.abort();
    expect(await call).to.equal('aborted');
  });

  for (const [name, value] of [
    ['fake_power_delay', 'soon'],
    ['fake_power_delay', -1],
    ['fake_power_delay', '3,1'],
    ['fake_power_delay', '1,2,3'],
    ['fake_management_delay', ''],
    ['fake_console_delay', 'x'],
    ['fake_bios_failure', 'x'],
    ['fake_firmware_delay', {}],
    ['fake_power_failure', 'explode'],
    ['fake_power_failure', 'busy:0'],
    ['fake_management_failure', 'busy:1:1'],
    ['fake_id', 7],
    ['fake_id', ''],
  ] as const)
    it(`refuses ${name} ${JSON.stringify(value)}, naming it`, () => {
      const reading = createFakeDriver(recordingContext().context).parse({ [name]: value });
      expect('problems' in reading ? reading.problems.join() : '').to.include(name);
    });
});
