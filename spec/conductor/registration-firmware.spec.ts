import { createHash, randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type {
  BmcOrders,
  RegistrationAnswer,
  RegistrationProgress,
  RegistrationVerdict,
} from '../../conductor/client.ts';
import { registrationSweep } from '../../conductor/periodic/registration-sweep.ts';
import type { Driver } from '../../drivers/contract.ts';
import { serverOf } from '../../drivers/fake/server.ts';
import { createRedfishDriver } from '../../drivers/redfish/driver.ts';
import type { RegistrationRecord } from '../../lifecycle/registration-records.ts';
import type { ServerReport } from '../../lifecycle/server-report.ts';
import { newReport } from '../builders/server-report.ts';
import { recordingContext } from '../contract/driver-bench.ts';
import { QUICK_OPTIONS, quickRack } from '../drivers/redfish/redfish-bench.ts';
import { eventually } from '../services/eventually.ts';
import { type ConductorBench, startConductorBench } from './conductor-bench.ts';

const TOKEN = 'kg-spec';
const NIC = { component: 'nic', product_name: '0x8086:0x1572', manufacturer: 'Intel' };
const BIOS = { component: 'bios', product_name: 'R640', manufacturer: 'Dell Inc.' };
const SCRIPTED = { component: 'nic', version: '9.20', enforced: true, update_script: 'update-nic.sh' };

/** Tells a bench what each new one needs: a pool and a token. */
async function prepare(bench: ConductorBench): Promise<void> {
  await bench.store.ip_pools.create({
    ...{ name: 'bmc', network: '10.9.0.0/24', ranges: [{ first: '10.9.0.10', last: '10.9.0.200' }] },
  });
  const token_hash = createHash('sha256').update(TOKEN).digest('hex');
  await bench.store.enrolment_tokens.create({ name: randomUUID(), token_hash });
}

function talk(bench: ConductorBench) {
  const say = (
    { registration_uuid, secret }: RegistrationAnswer,
    step: RegistrationProgress['step'],
    outcome: RegistrationProgress['outcome'],
    cause = '',
  ): Promise<RegistrationVerdict> =>
    bench.client.registrationProgress(registration_uuid, secret, {
      ...{ step, outcome, cause, log_tail: `${step} ${cause}` },
    });
  return {
    say,
    register: (report: ServerReport) => bench.client.register(TOKEN, report),
    over: (answer: RegistrationAnswer): Promise<RegistrationVerdict> =>
      eventually(async () => {
        const verdict = await say(answer, 'report', 'done');
        expect(verdict.action).to.not.equal('wait');
        return verdict;
      }, 15_000),
    record: async ({ registration_uuid }: RegistrationAnswer): Promise<RegistrationRecord> => {
      const found = await bench.store.registrations.get(registration_uuid);
      if (found === null) throw new Error('no record');
      return found;
    },
  };
}

/** A network card with a version; the same server each time. */
const carded = (report: ServerReport, version: string): ServerReport => ({
  ...report,
  firmware: [...report.firmware.filter(({ component }) => component !== 'nic'), { ...NIC, version }],
});

describe('S14 S15 S16 firmware of servers that register', () => {
  let bench: ConductorBench;
  let it_says: ReturnType<typeof talk>;
  beforeEach(async () => {
    bench = await startConductorBench({
      DEFAULT: {
        enabled_hardware_types: ['fake-hardware'],
        enabled_firmware_interfaces: ['fake', 'no-firmware'],
        default_firmware_interface: 'fake',
      },
      registration: { driver: 'fake-hardware', timeout: 0.2, driver_info: ['fake_latency_ms=0'] },
      conductor: { hardware_step_poll_interval: 0.02 },
      notices: { slack_url: 'http://127.0.0.1:9/hook-planted' },
    });
    await bench.start();
    await prepare(bench);
    it_says = talk(bench);
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const baseline = (fields: object) =>
    bench.store.firmware_baselines.create({ component: 'nic', version: '9.20', ...fields });
  /** Its BMC has the address and the account. */
  const obey = (uuid: string, { address, username: name, password }: BmcOrders) => {
    const server = serverOf(bench.servers, uuid);
    server.lan.address = address;
    server.accounts.push({ id: '9', name, password, role: 'administrator', enabled: true });
    server.power = 'power on';
    return server;
  };
  const obeyed = (report: ServerReport, { bmc }: RegistrationAnswer) => {
    if (bmc === null) throw new Error('no orders for the BMC');
    return obey(report.system_uuid, bmc);
  };

  it('in band: the server is told which script to run once its BMC has an address, restarts, and is registered with both versions on record', async () => {
    await baseline(SCRIPTED);
    const old = carded(newReport(), '9.8');
    const first = await it_says.register(old);
    expect(first).to.deep.include({
      action: 'go-on',
      updates: [
        {
          ...{ component: 'nic', product_name: NIC.product_name, found: '9.8', wanted: '9.20' },
          ...{ script: 'update-nic.sh', timeout_s: 1800 },
        },
      ],
    });
    expect(first.bmc?.address).to.match(/^10\.9\.0\./);
    expect((await it_says.record(first)).firmware.at(-1)).to.deep.include({
      ...{ verdict: 'outdated', version: '9.8', baseline: '9.20', failed: false },
      update: { by: 'server', before: '9.8', tries: 1, state: 'started' },
    });
    expect((await it_says.say(first, 'firmware', 'running')).action).to.equal('wait');
    // A second time, as when the answer was lost.
    for (let times = 0; times < 2; times++)
      expect((await it_says.say(first, 'firmware', 'done')).action).to.equal('restart');

    const report = carded(old, '9.20.1');
    const second = await it_says.register(report);
    expect(second).to.deep.include({
      ...{ action: 'go-on', updates: [], registration_uuid: first.registration_uuid },
    });
    expect(second.bmc?.address).to.equal(first.bmc?.address);
    obeyed(report, second);
    expect((await it_says.over(second)).action).to.equal('power-off');
    const record = await it_says.record(second);
    expect(record).to.include({ state: 'succeeded', cause: null });
    expect(record.firmware.at(-1)).to.deep.equal({
      ...{ component: 'nic', product_name: NIC.product_name, version: '9.20.1', verdict: 'current' },
      ...{ baseline: '9.20', failed: false },
      update: { by: 'server', before: '9.8', tries: 1, state: 'proved' },
    });
    expect(await bench.store.registrations.count({ system_uuid: report.system_uuid })).to.equal(1);
  });

  it('a version that is not the one that is wanted after the update fails it, and the next start tries anew', async () => {
    await baseline(SCRIPTED);
    const report = carded(newReport(), '9.8');
    const first = await it_says.register(report);
    await it_says.say(first, 'firmware', 'done');
    const second = await it_says.register(carded(report, '9.10'));
    expect(second).to.deep.include({ action: 'stay', step: 'firmware', updates: [], bmc: null });
    expect(second.cause).to.match(/nic \(0x8086:0x1572\) is still 9\.10 after it was updated from 9\.8/);
    expect(await it_says.record(first)).to.include({ state: 'failed', step: 'firmware' });
    expect((await bench.read({ uuid: report.system_uuid })).last_error).to.match(
      /^Registration failed at firmware/,
    );
    expect(await bench.store.notices.count({ event: 'registration.failed' })).to.equal(1);
    const third = await it_says.register(report);
    expect(third).to.include({ action: 'go-on' });
    expect(third.registration_uuid).to.not.equal(first.registration_uuid);
    expect(third.updates).to.have.length(1);
  });

  it('a script that fails leaves the server on, with its cause and the end of its log', async () => {
    await baseline(SCRIPTED);
    const answer = await it_says.register(carded(newReport(), '9.8'));
    const cause = 'update-nic.sh ended with 3: no such device';
    expect(await it_says.say(answer, 'firmware', 'failed', cause)).to.deep.equal({
      ...{ action: 'stay', step: 'firmware', cause },
    });
    const record = await it_says.record(answer);
    expect(record).to.include({ state: 'failed', step: 'firmware', cause });
    expect(record.log_tail).to.contain('no such device');
    expect(record.firmware.at(-1)?.update).to.include({ state: 'failed', before: '9.8' });
  });

  it('a server that is restarted in the middle of an update is given one more try, and no third', async () => {
    await baseline(SCRIPTED);
    const report = carded(newReport(), '9.8');
    expect((await it_says.register(report)).updates).to.have.length(1);
    // It falls silent for longer than a registration may be, and comes again.
    await bench.start('conductor-2', { periodics: [{ ...registrationSweep, interval_s: () => 0.05 }] });
    await eventually(async () =>
      expect(await bench.store.registrations.count({ state: 'failed' })).to.equal(1),
    );
    const second = await it_says.register(report);
    expect(second.updates).to.have.length(1);
    expect((await it_says.record(second)).firmware.at(-1)?.update).to.include({ tries: 2, before: '9.8' });
    const third = await it_says.register(report);
    expect(third).to.deep.include({ action: 'stay', step: 'firmware', updates: [] });
    expect(third.cause).to.match(/after 2 updates.*restarted in the middle/);
  });

  it('an agent that does not do it is not registered', async () => {
    await baseline({ ...SCRIPTED, enforced: false });
    const report = carded(newReport({ agent_version: 'other-1' }), '9.8');
    const answer = await it_says.register(report);
    obeyed(report, answer);
    const verdict = await it_says.over(answer);
    expect(verdict).to.include({ action: 'stay', step: 'firmware' });
    expect(verdict.cause).to.match(/agent other-1 has not updated the firmware of nic/);
  });

  it('where no step exists an enforced one fails, and another is only told', async () => {
    await baseline({ component: 'bios', version: '9.0', enforced: true });
    const answer = await it_says.register(newReport());
    expect(answer).to.deep.include({ action: 'stay', step: 'firmware', updates: [] });
    expect(answer.cause).to.match(/bios \(R640\) is 2\.10: at least 9\.0 is wanted\. Update it\./);
    for (const { uuid } of await bench.store.firmware_baselines.list())
      await bench.store.firmware_baselines.update(uuid, { enforced: false });
    const told = await it_says.register(newReport());
    expect(told).to.include({ action: 'go-on' });
    expect((await it_says.record(told)).firmware[0]).to.include({ verdict: 'outdated', failed: false });
  });

  const BY_BMC = { component: 'bios', version: '2.0.0', update_url: 'http://192.0.2.1/bios-2.0.1.bin' };
  const aged = (): ServerReport => newReport({ firmware: [{ ...BIOS, version: '1.0.0' }] });

  it('out of band: a conductor has the BMC update it once the BMC is reached, restarts the server, reads the version back and switches it off', async () => {
    await baseline({ ...BY_BMC, enforced: true, update_script: 'not-needed.sh' });
    const report = aged();
    const answer = await it_says.register(report);
    expect(answer).to.deep.include({ action: 'go-on', updates: [] });
    const server = obeyed(report, answer);
    expect((await it_says.over(answer)).action).to.equal('power-off');
    expect(server.firmware[0]).to.include({ component: 'bios', current_version: '2.0.1' });
    expect(server.power).to.equal('power off');
    expect((await it_says.record(answer)).firmware[0]).to.deep.include({
      ...{ version: '2.0.1', verdict: 'current', baseline: '2.0.0' },
      update: { by: 'bmc', before: '1.0.0', tries: 1, state: 'proved' },
    });
    expect(await bench.read({ uuid: report.system_uuid })).to.include({
      ...{ provision_state: 'manageable', power_state: 'power off', last_error: null },
    });
  });

  it('an image with another version fails it, and leaves the server on', async () => {
    await baseline({ ...BY_BMC, update_url: 'http://192.0.2.1/bios-1.5.bin' });
    const report = aged();
    const answer = await it_says.register(report);
    const server = obeyed(report, answer);
    const verdict = await it_says.over(answer);
    expect(verdict).to.include({ action: 'stay', step: 'firmware' });
    expect(verdict.cause).to.match(/bios is 1\.5 after it was updated from 1\.0\.0: at least 2\.0\.0/);
    expect(server.power).to.equal('power on');
    expect(await bench.read({ uuid: report.system_uuid })).to.include({ provision_state: 'enroll' });
    expect((await it_says.record(answer)).firmware[0]?.update).to.include({ state: 'failed' });
  });

  it('a BMC that does not list what the server told is named', async () => {
    await baseline({ component: 'nic', version: '9.20', product_name: NIC.product_name, ...BY_URL });
    const report = carded(newReport(), '9.8');
    const answer = await it_says.register(report);
    obeyed(report, answer);
    const verdict = await it_says.over(answer);
    expect(verdict).to.include({ action: 'stay', step: 'firmware' });
    expect(verdict.cause).to.match(
      /its BMC lists nothing that is older than 9\.20: bios 1\.0\.0, bmc 1\.0\.0/,
    );
  });
  const BY_URL = { update_url: 'http://192.0.2.1/nic-9.20.bin' };
});

describe('S16 firmware of a Redfish server that registers', () => {
  it('is brought to the baseline by its BMC: BIOS, BMC and network card, one after the other', async () => {
    await using rack = await quickRack({ count: 1 });
    const [server] = rack.servers;
    if (server === undefined) throw new Error('no server');
    const redfish = createRedfishDriver(recordingContext().context, QUICK_OPTIONS);
    // The BMC of the rack has a port of its own, which no pool gives out.
    const { redfish_address, redfish_verify_ca } = rack.driver_info(0);
    const driver: Driver = {
      ...redfish,
      parse: (info) =>
        redfish.parse({ ...info, ...{ redfish_address, redfish_verify_ca } } as Parameters<
          typeof redfish.parse
        >[0]),
      [Symbol.asyncDispose]: () => redfish[Symbol.asyncDispose](),
    } as Driver;
    await using bench = await startConductorBench(
      {
        DEFAULT: { enabled_hardware_types: ['redfish'] },
        registration: { driver: 'redfish' },
        conductor: { hardware_step_poll_interval: 0.05 },
      },
      { driver },
    );
    await bench.start();
    await prepare(bench);
    for (const [component, version] of [
      ['bios', '2.1'],
      ['bmc', '3.1'],
      ['nic', '4.1'],
    ] as const)
      await bench.store.firmware_baselines.create({
        ...{ component, version, enforced: true, update_url: `http://192.0.2.1/${component}-${version}.bin` },
      });
    const it_says = talk(bench);
    const report = newReport({
      firmware: ['bios', 'bmc', 'nic'].map((component) => ({ ...BIOS, component, version: '1.0.0' })),
    });
    const answer = await it_says.register(report);
    if (answer.bmc === null) throw new Error('no orders for the BMC');
    const { username, password } = answer.bmc;
    const { accounts } = server.redfish.state;
    accounts.accounts.push({ id: '9', name: username, password, role: 'Administrator', enabled: true });
    server.machine.forcePower('on');
    expect((await it_says.over(answer)).action).to.equal('power-off');
    const { firmware } = await it_says.record(answer);
    expect(
      firmware.map(({ component, update, version }) => [component, update?.before, version]),
    ).to.deep.equal([
      ['bios', '1.0.0', '2.1'],
      ['bmc', '1.0.0', '3.1'],
      ['nic', '1.0.0', '4.1'],
    ]);
    expect(server.redfish.state.firmware.images).to.have.length(3);
    expect(server.machine.power).to.equal('off');
  });
});
