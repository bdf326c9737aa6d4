import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import { createBampiDriver } from '../../../drivers/bampi/driver.ts';
import { type Connection, DriverError } from '../../../drivers/contract.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { Bampi, type BampiFaults, type BampiServer } from '../../../rack/bampi/bampi.ts';
import { WIRE_FAULTS } from '../../../rack/wire-fault.ts';
import { describeDriver } from '../../contract/describe-driver.ts';
import { type BenchFault, type DriverBench, recordingContext } from '../../contract/driver-bench.ts';

const PASSWORD = 'b4mpi-s3cret';
const CALL = { timeout_ms: 5000 };

const FAULTS: Readonly<Partial<Record<BenchFault, BampiFaults>>> = {
  silent: { silent: true },
  busy: { busy: true },
  ...Object.fromEntries(WIRE_FAULTS.map((wire) => [wire, { wire }])),
};

async function startBampi(): Promise<{
  bampi: Bampi;
  server(i: 0 | 1): BampiServer;
  driver_info(i: 0 | 1): JsonObject;
}> {
  const bampi = await Bampi.start({
    ...{ hostnames: ['Rack1-A', 'Rack1-B'], username: 'u', password: PASSWORD, clock: systemClock },
  });
  const server = (i: 0 | 1) => bampi.servers[i] as BampiServer;
  return {
    bampi,
    server,
    driver_info: (i) => ({
      ...{ bampi_address: bampi.url, bampi_username: 'u', bampi_password: PASSWORD },
      // In another case than BAMPI spells it.
      bampi_hostname: server(i).hostname.toLowerCase(),
    }),
  };
}

async function startBampiBench(): Promise<DriverBench> {
  const { bampi, server, driver_info } = await startBampi();
  return {
    createDriver: (context) => createBampiDriver(context),
    driver_info,
    refused_driver_info: (i) => ({ ...driver_info(i), bampi_password: 'wr0ng-s3cret' }),
    truth: (i) => ({
      get power() {
        return server(i).power;
      },
      set power(power) {
        server(i).power = power;
      },
      get boot() {
        if (!bampi.tasks.some(({ hostname }) => hostname === server(i).hostname)) return null;
        const boot_device = server(i).boot_mode === 'PXE' ? ('pxe' as const) : ('disk' as const);
        return { boot_device, persistent: true };
      },
      get reboots() {
        return server(i).reboots;
      },
      identify: 'off' as const,
      nmi_count: 0,
    }),
    break: (i, fault) => {
      server(i).faults = FAULTS[fault] ?? {};
    },
    heal: (i) => {
      server(i).faults = {};
    },
    [Symbol.asyncDispose]: () => bampi[Symbol.asyncDispose](),
  };
}

describeDriver('bampi', startBampiBench, {
  capabilities: ['boot'],
  boots_for_good_only: true,
  faults: ['silent', 'busy', ...WIRE_FAULTS],
  secrets: [PASSWORD, 'wr0ng-s3cret'],
});

describe('S105 drivers/bampi', () => {
  let stage: Awaited<ReturnType<typeof startBampi>>;
  let driver: ReturnType<typeof createBampiDriver>;
  beforeEach(async () => {
    stage = await startBampi();
    driver = createBampiDriver(recordingContext().context);
  });
  afterEach(async () => {
    await driver[Symbol.asyncDispose]();
    await stage.bampi[Symbol.asyncDispose]();
  });

  const connect = async (extra: JsonObject = {}, faults: BampiFaults = {}): Promise<Connection> => {
    stage.server(0).faults = faults;
    const reading = driver.parse({ ...stage.driver_info(0), ...extra });
    if ('problems' in reading) throw new Error(reading.problems.join(' '));
    return driver.connect(reading.info, CALL);
  };
  const refusal = async (call: () => Promise<unknown> | undefined): Promise<string> => {
    try {
      await call();
    } catch (error) {
      if (error instanceof DriverError) return `${error.code}: ${error.message}`;
      throw error;
    }
    return 'accepted';
  };
  const pxe = { boot_device: 'pxe', persistent: true, boot_mode: null } as const;

  it('reads again what is unknown, and an off that flaps', async () => {
    stage.server(0).power = 'on';
    const { power } = await connect({}, { power_reads: ['unknown', 'off', 'unknown', 'off'] });
    expect(await power.get(CALL)).to.equal('power on');
    const { power: lost } = await connect({}, { power_reads: Array.from({ length: 20 }, () => 'unknown') });
    expect(await refusal(() => lost.get(CALL))).to.match(/^busy: /);
  });

  it('sends reset for a hard reboot and cycle for a soft one, and no soft power off', async () => {
    const { power } = await connect();
    await power.set('power on', CALL);
    await power.set('rebooting', CALL);
    await power.set('soft rebooting', CALL);
    expect(stage.server(0)).to.include({ power: 'on', reboots: 2 });
    expect(await refusal(() => power.set('soft power off', CALL))).to.match(/^unsupported: /);
  });

  const FAULTS: [string, BampiFaults, RegExp][] = [
    ['an answer without id', { refuses_tasks: true }, /^rejected: .*refuses/],
    ['an Error with a log', { log: 'line one\\nline two' }, /^rejected: .*failed: line one\nline two/],
    ['a task that never ends', { endless: true }, /^timeout: /],
    ['a task that vanished', { forgets: true }, /^rejected: .*vanished/],
  ];
  for (const [what, faults, words] of FAULTS)
    it(`tells ${what}`, async () => {
      const { boot } = await connect({}, faults);
      expect(await refusal(() => boot?.set(pxe, { timeout_ms: 600 }))).to.match(words);
      expect(stage.server(0).boot_mode).to.equal('Disabled');
    });

  it('takes up a task that ran on past its call, and starts no other', async () => {
    const { boot } = await connect({}, { endless: true });
    expect(await refusal(() => boot?.set(pxe, { timeout_ms: 300 }))).to.match(/^timeout: /);
    stage.server(0).faults = {};
    await boot?.set(pxe, CALL);
    expect(stage.server(0).boot_mode).to.equal('PXE');
    expect(stage.bampi.tasks).to.have.lengthOf(1);
  });

  it('knows no server of another name', async () => {
    const { power } = await connect({ bampi_hostname: 'nobody' });
    expect(await refusal(() => power.get(CALL))).to.match(/^rejected: .*bampi_hostname/);
  });

  it('makes a layout of RAID by its name, clears it, and restores images', async () => {
    const { raidProfiles, tasks, passthru } = await connect({ bampi_raid_profiles: { '1': 'mirror' } });
    if (raidProfiles === undefined || tasks === undefined) throw new Error('no RAID');
    expect(raidProfiles.find([{ raid_level: '5' }])).to.have.property('problem');
    const found = raidProfiles.find([{ raid_level: '1' }]);
    if (!('profile' in found)) throw new Error(found.problem);
    const ends = async (task: string | null) => {
      if (task === null) throw new Error('no task');
      for (;;) {
        const { state } = await tasks.read(task, CALL);
        if (state !== 'running') return state;
      }
    };
    expect(await ends(await raidProfiles.apply(found.profile, CALL))).to.equal('done');
    expect(stage.server(0).raid).to.equal('mirror');
    expect(await ends(await raidProfiles.clear(CALL))).to.equal('done');
    expect(stage.server(0).raid).to.equal(null);
    const answer = (await passthru?.restore_os?.call(
      { image: 'ubuntu', options: 'default' },
      CALL,
    )) as JsonObject;
    expect(await ends(String(answer.id))).to.equal('done');
    expect(stage.server(0).image).to.equal('ubuntu');
    const history = (await passthru?.get_tasks?.call({}, CALL)) as JsonObject[];
    expect(history.at(-1)).to.include({ taskType: 'restore_os', options: 'default' });
    expect(await passthru?.get_task_log?.call({ id: String(answer.id) }, CALL)).to.deep.equal({ log: 'ok' });
    expect(await refusal(() => passthru?.run_script?.call({}, CALL))).to.match(/^rejected: /);
  });
});
