import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import type { CallOptions, Connection } from '../../../drivers/contract.ts';
import { createIpmiDriver, INTEL_IPMI, type IpmiDriver } from '../../../drivers/ipmi/driver.ts';
import type { IpmiInfo } from '../../../drivers/ipmi/driver-info.ts';
import type { IpmiOptions } from '../../../drivers/ipmi/driver-options.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { BmcFaults } from '../../../rack/ipmi/wire-faults.ts';
import { type RackServer, startRack } from '../../../rack/rack.ts';
import { describeDriver } from '../../contract/describe-driver.ts';
import {
  type BenchFault,
  type DriverBench,
  eventually,
  recordingContext,
} from '../../contract/driver-bench.ts';
import { describeBmcManagement } from '../../contract/driver-bmc.ts';
import { QUICK_OPTIONS } from './ipmi-options.ts';
import { seededRandom } from './packets.ts';

const PASSWORD = 'r4ck-s3cret';
const WRONG_PASSWORD = 'wr0ng-s3cret';

const FAULTS: Readonly<Record<BenchFault, BmcFaults>> = {
  silent: { silent: true },
  lossy: { drop: 0.2 },
  doubled: { doubled: true },
  late: { late: 0.3, late_ms: QUICK_OPTIONS.command_timeout + 20 },
  reordered: { reordered: 0.3 },
  malformed: { malformed: true },
  busy: { busy: Number.POSITIVE_INFINITY },
};

const BOTH: CallOptions = { timeout_ms: 10_000 };

const QUICK_RACK = {
  count: 2,
  clock: systemClock,
  password: PASSWORD,
  delays_ms: { power: 0, soft_off: 0, post: 0 },
};

function quickRack() {
  return startRack({ ...QUICK_RACK, bmc: { random: seededRandom(1) } });
}

async function startIpmiBench(): Promise<DriverBench> {
  const rack = await quickRack();
  const server = (i: 0 | 1): RackServer => serverAt(rack.servers, i);
  return {
    createDriver: (context) => createIpmiDriver(context, QUICK_OPTIONS),
    driver_info: (i) => server(i).driver_info,
    refused_driver_info: (i) => ({ ...server(i).driver_info, ipmi_password: WRONG_PASSWORD }),
    truth: (i) => {
      const { machine } = server(i);
      return {
        get power() {
          return machine.power;
        },
        set power(power) {
          machine.forcePower(power);
        },
        get boot() {
          const { boot_override } = machine;
          return boot_override === null
            ? null
            : { boot_device: boot_override.device, persistent: boot_override.persistent };
        },
        get identify() {
          return machine.identify;
        },
        get indicators() {
          return { 'identify@chassis': machine.identify === 'off' ? 'off' : 'on' } as const;
        },
        get nmi_count() {
          return machine.nmi_count;
        },
        get reboots() {
          return machine.reboots;
        },
      };
    },
    break: (i, fault) => {
      server(i).bmc.faults = FAULTS[fault];
    },
    heal: (i) => {
      server(i).bmc.faults = {};
    },
    [Symbol.asyncDispose]: () => rack[Symbol.asyncDispose](),
  };
}

describeDriver('ipmi', startIpmiBench, {
  capabilities: [
    ...(['boot', 'identify', 'nmi', 'inventory', 'sensors', 'eventLog', 'raw', 'bmc'] as const),
    'indicators',
  ],
  faults: ['silent', 'lossy', 'doubled', 'late', 'reordered', 'malformed', 'busy'],
  secrets: [PASSWORD, WRONG_PASSWORD],
});

describeBmcManagement('ipmi', startIpmiBench, ['accounts', 'lan', 'clock', 'eventLog.clear']);

describe('ipmi driver on the stand-in', () => {
  let server: RackServer;
  let stack: AsyncDisposable[];

  beforeEach(async () => {
    stack = [];
    const rack = await quickRack();
    stack.push(rack);
    server = serverAt(rack.servers, 0);
  });
  afterEach(async () => {
    for (const each of stack.reverse()) await each[Symbol.asyncDispose]();
  });

  const start = (options: Partial<IpmiOptions> = {}): IpmiDriver => {
    const driver = createIpmiDriver(recordingContext().context, { ...QUICK_OPTIONS, ...options });
    stack.push(driver);
    return driver;
  };
  const connect = async (driver: IpmiDriver, changes: JsonObject = {}): Promise<Connection> => {
    const connection = await driver.connect(infoOf(driver, { ...server.driver_info, ...changes }), BOTH);
    stack.push(connection);
    return connection;
  };

  it('logs in where there is a BMC key, and names the property when it is another one', async () => {
    const key = '0102030405060708090a0b0c0d0e0f1011121314';
    const rack = await startRack({ ...QUICK_RACK, bmc: { bmc_key: Buffer.from(key, 'hex') } });
    stack.push(rack);
    const driver = start();
    const { driver_info } = serverAt(rack.servers, 0);
    const keyed = await connect(driver, { ...driver_info, ipmi_hex_kg_key: key });
    expect(await keyed.power.get(BOTH)).to.equal('power off');
    for (const wrong of [{}, { ipmi_hex_kg_key: key.replace('01', '02') }]) {
      const other = await connect(driver, { ...driver_info, ...wrong });
      const error = await other.power.get(BOTH).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).to.include({ code: 'unauthorized' });
      expect(String(error)).to.contain('ipmi_hex_kg_key');
    }
  });

  for (const suite of [3, 17])
    it(`works with cipher suite ${suite}, when the node says so and when the BMC has no other`, async () => {
      const driver = start();
      const told = await connect(driver, { ipmi_cipher_suite: suite });
      expect(await told.power.get(BOTH)).to.equal('power off');
      const rack = await startRack({ count: 1, clock: systemClock, bmc: { cipher_suites: [suite] } });
      stack.push(rack);
      const found = await driver.connect(infoOf(driver, serverAt(rack.servers, 0).driver_info), BOTH);
      stack.push(found);
      expect(await found.power.get(BOTH)).to.equal('power off');
    });

  it('says which suites it wished when the BMC does none of them', async () => {
    const rack = await startRack({ count: 1, clock: systemClock, bmc: { cipher_suites: [3] } });
    stack.push(rack);
    const driver = start();
    const { driver_info } = serverAt(rack.servers, 0);
    const connection = await driver.connect(infoOf(driver, { ...driver_info, ipmi_cipher_suite: 17 }), BOTH);
    stack.push(connection);
    const error = await errorOf(connection.power.get(BOTH));
    expect(error).to.include({ code: 'unsupported' });
    expect(error.message).to.contain('17').and.to.contain('ipmi_cipher_suite');
  });

  it('refuses cipher suite 0 also in the settings', () => {
    for (const weak of ['0', '8'])
      expect(() => start({ cipher_suite_versions: ['17', weak] })).to.throw(`${weak} is refused`);
  });

  it('keeps one session over connections, and none with an idle time of 0', async () => {
    const keeping = start();
    for (let round = 0; round < 3; round++) {
      const connection = await connect(keeping);
      await connection.power.get(BOTH);
      await connection[Symbol.asyncDispose]();
      expect(server.bmc.open_sessions).to.equal(1);
    }
    await keeping[Symbol.asyncDispose]();
    expect(server.bmc.open_sessions, 'after the driver').to.equal(0);
    const closing = start({ session_idle_timeout: 0 });
    const connection = await connect(closing);
    await connection.power.get(BOTH);
    await connection[Symbol.asyncDispose]();
    expect(server.bmc.open_sessions).to.equal(0);
  });

  it('opens a new session when the BMC forgot the old one', async () => {
    const connection = await connect(start());
    await connection.power.get(BOTH);
    server.bmc.reset('cold');
    expect(server.bmc.open_sessions).to.equal(0);
    server.machine.forcePower('on');
    expect(await connection.power.get(BOTH)).to.equal('power on');
    expect(server.bmc.open_sessions).to.equal(1);
  });

  it('clears the 60 s limit of boot flags, unless the node says no', async () => {
    const driver = start();
    const connection = await connect(driver);
    const change = { boot_device: 'pxe', persistent: false, boot_mode: 'bios' } as const;
    await connection.boot?.set(change, BOTH);
    expect(server.bmc.boot.keep_flags_on).to.equal(0x08);
    server.bmc.boot.keep_flags_on = 0;
    const other = await connect(driver, { ipmi_disable_boot_timeout: 'False' });
    await other.boot?.set(change, BOTH);
    expect(server.bmc.boot.keep_flags_on).to.equal(0);
  });

  for (const boot_mode of ['uefi', 'bios'] as const)
    it(`sets the boot device for ${boot_mode}`, async () => {
      const connection = await connect(start());
      await connection.boot?.set({ boot_device: 'disk', persistent: true, boot_mode }, BOTH);
      expect(server.machine.boot_override).to.deep.equal({
        device: 'disk',
        persistent: true,
        mode: boot_mode,
      });
    });

  it('tells a forced boot device once, and again before each start', async () => {
    const connection = await connect(start(), { ipmi_force_boot_device: true });
    await connection.boot?.set({ boot_device: 'disk', persistent: true, boot_mode: 'uefi' }, BOTH);
    expect(server.machine.boot_override).to.deep.include({ device: 'disk', persistent: false });
    server.machine.boot_override = null;
    const overrides = (): number =>
      server.machine.events.filter(({ event, detail }) => event === 'boot device' && detail.includes('disk'))
        .length;
    const before = overrides();
    await connection.power.set('power on', BOTH);
    expect(overrides()).to.equal(before + 1);
  });

  it('asks for the privilege level of the node, and says when it is too low', async () => {
    const connection = await connect(start(), { ipmi_priv_level: 'USER' });
    expect(await connection.power.get(BOTH)).to.equal('power off');
    const error = await errorOf(connection.power.set('power on', BOTH));
    expect(error.message).to.contain('ipmi_priv_level');
    expect(server.machine.power).to.equal('off');
  });

  it('names address, port, cause and remedy when the password is wrong', async () => {
    const connection = await connect(start(), { ipmi_password: WRONG_PASSWORD });
    const error = await errorOf(connection.power.get(BOTH));
    expect(error).to.include({ code: 'unauthorized' });
    expect(error.message)
      .to.contain(`${server.bmc.address}:${server.bmc.port}`)
      .and.to.contain('Check ipmi_username and ipmi_password');
  });

  it('says unauthorized when the user is unknown', async () => {
    const connection = await connect(start(), { ipmi_username: 'nobody' });
    expect(await errorOf(connection.power.get(BOTH))).to.include({ code: 'unauthorized' });
  });

  it('says busy when the BMC has no free session', async () => {
    server.bmc.faults = { session_table_full: true };
    const connection = await connect(start());
    expect(await errorOf(connection.power.get({ timeout_ms: 1000 }))).to.include({ code: 'busy' });
  });

  it('waits until the BMC has a free session', async () => {
    server.bmc.faults = { session_table_full: true };
    const connection = await connect(start());
    const reading = connection.power.get(BOTH);
    // Longer than the first few attempts take.
    setTimeout(() => {
      server.bmc.faults = {};
    }, 800);
    expect(await reading).to.equal('power off');
  });

  it('gets through to a BMC of whose datagrams 30 % are lost each way, late, doubled and mixed up', async () => {
    // Hurried as it is here, sessions that were only begun do not expire.
    const rack = await startRack({ ...QUICK_RACK, count: 1, bmc: { max_sessions: 4096 } });
    stack.push(rack);
    server = serverAt(rack.servers, 0);
    // As many datagrams as by default, sent again sooner.
    const connection = await connect(start({ command_retries: 4, command_timeout: 20 }));
    expect(await connection.power.get(BOTH)).to.equal('power off');
    server.bmc.faults = { drop: 0.3, late: 0.2, late_ms: 10, doubled: true, reordered: 0.2 };
    for (let round = 0; round < 60; round++) expect(await connection.power.get(BOTH)).to.equal('power off');
  });

  it('waits while the BMC is busy', async () => {
    const connection = await connect(start());
    server.bmc.faults = { busy: 2 };
    expect(await connection.power.get(BOTH)).to.equal('power off');
  });

  it('drops and counts what is wrong on the wire', async () => {
    const driver = start();
    const connection = await connect(driver);
    server.bmc.faults = { malformed: true, doubled: true };
    for (let round = 0; round < 5; round++) await connection.power.get(BOTH);
    for (const reason of [
      'truncated',
      'oversized',
      'malformed',
      'unknown-session',
      'bad-mac',
      'replayed',
    ] as const)
      expect(driver.drops[reason], reason).to.be.greaterThan(0);
  });

  it('reads sensors, event log and inventory; sends raw commands', async () => {
    const connection = await connect(start());
    server.machine.forcePower('on');
    const sensors = (await connection.sensors?.read(BOTH)) ?? {};
    expect(Object.keys(sensors)).to.include.members(['Temperature', 'Fan', 'Voltage']);
    for (const group of Object.values(sensors))
      for (const [name, fields] of Object.entries(group)) {
        expect(name).to.match(/^.+ \(0x[0-9a-f]+\)$/);
        expect(fields['Sensor Reading']).to.be.a('string');
      }
    await connection.power.set('power off', BOTH);
    const log = (await connection.eventLog?.read(BOTH)) ?? [];
    expect(log).to.have.lengthOf(server.bmc.sel.entries);
    expect(log.length).to.be.greaterThan(0);
    const inventory = await connection.inventory?.read(BOTH);
    expect(inventory?.system_vendor.serial_number).to.equal(server.machine.identity.serial);
    expect(inventory?.bmc.guid).to.equal(server.machine.identity.uuid);
    const reply = await connection.raw?.send(Uint8Array.of(0x00, 0x01), BOTH);
    expect(reply).to.have.lengthOf.at.least(3);
    expect(await errorOf(connection.raw?.send(Uint8Array.of(0x06, 0xee), BOTH))).to.include({
      code: 'unsupported',
    });
  });

  it('of type intel-ipmi tells each processor its profile of Speed Select; others have none', async () => {
    const driver = createIpmiDriver(recordingContext().context, QUICK_OPTIONS, INTEL_IPMI);
    stack.push(driver);
    expect(driver.interfaces.management).to.deep.equal(['intel-ipmitool']);
    const { speedSelect } = await connect(driver);
    await speedSelect?.configure(2, 2, BOTH);
    expect([...server.bmc.speed_select]).to.deep.equal([
      [0, 2],
      [1, 2],
    ]);
    expect(await errorOf(speedSelect?.configure(3, 1, BOTH))).to.include({ code: 'rejected' });
    expect(await connect(start())).not.to.have.property('speedSelect');
  });

  it('sets, tells, starts over and stops the watchdog, and says what it cannot take', async () => {
    const { passthru = {} } = await connect(start());
    const call = (method: string, data: JsonObject = {}) => passthru[method]?.call(data, BOTH);
    server.machine.forcePower('on');
    await call('set_watchdog', { countdown_s: 300, action: 'power off' });
    const set = { running: true, use: 'SMS/OS', action: 'power off', countdown_s: 300 };
    expect(await call('get_watchdog')).to.deep.include(set);
    await call('reset_watchdog');
    await call('set_watchdog', { running: false });
    expect(await call('get_watchdog')).to.deep.include({ running: false, action: 'reset' });
    for (const wrong of [
      {},
      { countdown_s: 0 },
      { countdown_s: 6554 },
      { countdown_s: 5, action: 'explode' },
      { countdown_s: 5, running: 'yes' },
      { countdown_s: 5, other: 1 },
    ] satisfies JsonObject[])
      expect(await errorOf(call('set_watchdog', wrong))).to.include({ code: 'rejected' });
    await call('set_watchdog', { countdown_s: 1, action: 'power off' });
    await eventually(
      () => server.machine.power,
      (power) => power === 'off',
    );
  });

  it('resets the BMC, and finds it again', async () => {
    const connection = await connect(start());
    await connection.bmc?.reset('cold', BOTH);
    expect(server.machine.events.map(({ event }) => event)).to.include('bmc reset');
    expect(await connection.power.get(BOTH)).to.equal('power off');
  });

  it('says that a name cannot be resolved', async () => {
    const connection = await connect(start(), { ipmi_address: 'bmc.invalid' });
    const error = await errorOf(connection.power.get(BOTH));
    expect(error).to.include({ code: 'unreachable' });
    expect(error.message).to.contain('ipmi_address');
  });

  it('reads many BMCs at once over one socket', async () => {
    const rack = await startRack({ count: 60, clock: systemClock, time_scale: 0.01 });
    stack.push(rack);
    for (const [number, each] of rack.servers.entries()) if (number % 3 === 0) each.machine.forcePower('on');
    const driver = start();
    const states = await Promise.all(
      rack.servers.map(async ({ driver_info }) => {
        const connection = await driver.connect(infoOf(driver, driver_info), BOTH);
        stack.push(connection);
        return connection.power.get(BOTH);
      }),
    );
    expect(states).to.deep.equal(states.map((_, number) => (number % 3 === 0 ? 'power on' : 'power off')));
  });
});

function serverAt(servers: readonly RackServer[], index: number): RackServer {
  const server = servers[index];
  if (server === undefined) throw new Error(`no server ${index}`);
  return server;
}

function infoOf(driver: IpmiDriver, driver_info: JsonObject): IpmiInfo {
  const parsed = driver.parse(driver_info);
  if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
  return parsed.info;
}

async function errorOf(work: Promise<unknown> | undefined): Promise<Error & { code?: string }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('It succeeded, though it had to fail.');
}
