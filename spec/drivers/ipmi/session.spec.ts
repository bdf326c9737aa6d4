import { expect } from 'chai';
import { systemClock } from '../../../config/system-clock.ts';
import type { CallOptions, Connection } from '../../../drivers/contract.ts';
import { createIpmiDriver, type IpmiDriver } from '../../../drivers/ipmi/driver.ts';
import { type Rack, type RackServer, startRack } from '../../../rack/rack.ts';
import { eventually, recordingContext } from '../../contract/driver-bench.ts';
import { QUICK_OPTIONS } from './ipmi-options.ts';
import { ManualClock } from './manual-clock.ts';

const HOUR: CallOptions = { timeout_ms: 3_600_000 };

/** Time as the session sees it: the driver's clock stands still until the test moves it, the BMC's runs. */
describe('IPMI sessions in time', () => {
  let rack: Rack;
  let server: RackServer;
  let clock: ManualClock;
  let driver: IpmiDriver;
  let connection: Connection;

  beforeEach(async () => {
    rack = await startRack({ count: 1, clock: systemClock });
    const [first] = rack.servers;
    if (first === undefined) throw new Error('no server');
    server = first;
    clock = new ManualClock();
    driver = createIpmiDriver({ clock, log: recordingContext().context.log }, QUICK_OPTIONS);
    const parsed = driver.parse(server.driver_info);
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    connection = await driver.connect(parsed.info, HOUR);
  });
  afterEach(async () => {
    await connection[Symbol.asyncDispose]();
    await driver[Symbol.asyncDispose]();
    await rack[Symbol.asyncDispose]();
  });

  const outcomeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      (value) => value,
      (error: unknown) => error,
    );
  const received = (count: number): Promise<number> =>
    eventually(
      () => server.bmc.counts.received,
      (now) => now >= count,
    );

  it('an unanswered datagram is sent again after command_timeout, as often as command_retries says', async () => {
    server.bmc.faults = { silent: true };
    const outcome = outcomeOf(connection.power.get(HOUR));
    for (let sends = 1; sends <= QUICK_OPTIONS.command_retries + 1; sends++) {
      await received(sends);
      expect(server.bmc.counts.received).to.equal(sends);
      await clock.advance(QUICK_OPTIONS.command_timeout - 1);
      expect(server.bmc.counts.received, 'not before its time').to.equal(sends);
      await clock.advance(1);
    }
    expect(await outcome).to.include({ code: 'unreachable' });
  });

  it('a question is repeated sooner to a BMC that answers at once, and what changes something is not', async () => {
    const patient = { ...QUICK_OPTIONS, command_timeout: 1000 };
    await using hurried = createIpmiDriver({ clock, log: recordingContext().context.log }, patient);
    const parsed = hurried.parse(server.driver_info);
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    await using to_bmc = await hurried.connect(parsed.info, HOUR);
    await to_bmc.boot?.get(HOUR);
    server.bmc.faults = { silent: true };
    const before = server.bmc.counts.received;
    const asked = outcomeOf(to_bmc.power.get(HOUR));
    await received(before + 1);
    for (const [sends, wait_ms] of [200, 400].entries()) {
      await clock.advance(wait_ms - 1);
      expect(server.bmc.counts.received, 'not before its time').to.equal(before + sends + 1);
      await clock.advance(1);
      await received(before + sends + 2);
    }
    server.bmc.faults = {};
    // The last answer is waited for until all three are as late as by command_timeout: then the session is opened anew.
    await clock.advance(2400);
    expect(await asked).to.equal('power off');

    await to_bmc.boot?.get(HOUR);
    server.bmc.faults = { silent: true };
    const before_change = server.bmc.counts.received;
    const changed = outcomeOf(to_bmc.power.set('power on', HOUR));
    await received(before_change + 1);
    await clock.advance(patient.command_timeout - 1);
    expect(server.bmc.counts.received, 'a change takes its time').to.equal(before_change + 1);
    server.bmc.faults = {};
    await clock.advance(1);
    expect(await changed).to.equal(undefined);
  });

  it('a command whose reply was lost is not carried out twice', async () => {
    server.machine.forcePower('on');
    await connection.power.get(HOUR);
    // The privilege level is raised before, so that the next datagram is the reboot itself.
    await connection.boot?.get(HOUR);
    const before = server.bmc.counts.received;
    const { reboots } = server.machine;
    server.bmc.faults = { drop: 0 };
    let lost = 0;
    server.bmc.faults = {
      get drop() {
        // Asked twice for each datagram: on its way in, and out. The reply to the reboot is lost, once.
        if (server.machine.reboots > reboots && lost === 0) {
          lost += 1;
          return 1;
        }
        return 0;
      },
    };
    const done = outcomeOf(connection.power.set('rebooting', HOUR));
    await received(before + 2);
    expect(lost).to.equal(1);
    await clock.advance(QUICK_OPTIONS.command_timeout);
    expect(await done).to.equal(undefined);
    expect(server.machine.reboots).to.equal(reboots + 1);
  });

  it('a reboot that is never answered is not sent on another session', async () => {
    server.machine.forcePower('on');
    await connection.boot?.get(HOUR);
    const { reboots } = server.machine;
    server.bmc.faults = {
      get drop() {
        return server.machine.reboots > reboots ? 1 : 0;
      },
    };
    const outcome = outcomeOf(connection.power.set('rebooting', HOUR));
    await eventually(
      () => server.machine.reboots,
      (count) => count > reboots,
    );
    for (let sends = 0; sends < 3; sends++) await clock.advance(QUICK_OPTIONS.command_timeout);
    server.bmc.faults = {};
    expect(await outcome).to.include({ code: 'unreachable' });
    expect(server.machine.reboots).to.equal(reboots + 1);
  });

  it('an unused session is closed after the idle time, not before', async () => {
    await connection.power.get(HOUR);
    await connection[Symbol.asyncDispose]();
    await clock.advance(QUICK_OPTIONS.session_idle_timeout * 1000 - 1);
    expect(server.bmc.open_sessions).to.equal(1);
    await clock.advance(1);
    await eventually(
      () => server.bmc.open_sessions,
      (open) => open === 0,
    );
  });

  it('two who log in at one BMC wait for each other', async () => {
    server.bmc.users = [...server.bmc.users, { name: 'other', password: 'other', privilege: 4 }];
    const parsed = driver.parse({
      ...server.driver_info,
      ipmi_username: 'other',
      ipmi_password: 'other',
    });
    if ('problems' in parsed) throw new Error(parsed.problems.join(' '));
    await using other = await driver.connect(parsed.info, HOUR);
    server.bmc.faults = { silent: true };
    const order: string[] = [];
    const first = connection.power.get(HOUR).then(() => order.push('first'));
    await received(1);
    const second = other.power.get(HOUR).then(() => order.push('second'));
    await clock.advance(QUICK_OPTIONS.command_timeout - 1);
    expect(server.bmc.counts.received, 'nothing of the second').to.equal(1);
    server.bmc.faults = {};
    await clock.advance(1);
    await Promise.all([first, second]);
    expect(order).to.deep.equal(['first', 'second']);
    expect(server.bmc.open_sessions).to.equal(2);
  });

  it('a call ends at its deadline, also while it waits for another', async () => {
    server.bmc.faults = { silent: true };
    const calls = [250, 90, 170].map((timeout_ms) => outcomeOf(connection.power.get({ timeout_ms })));
    await received(1);
    for (let step = 0; step < 3; step++) await clock.advance(90);
    for (const error of await Promise.all(calls)) expect(error).to.include({ code: 'unreachable' });
    expect(clock.sleeping).to.equal(0);
  });

  it('an abort ends the call at once and leaves no timer', async () => {
    server.bmc.faults = { silent: true };
    const abort = new AbortController();
    const first = outcomeOf(connection.power.get({ ...HOUR, signal: abort.signal }));
    const second = outcomeOf(connection.power.get({ ...HOUR, signal: abort.signal }));
    await received(1);
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await first).to.equal(reason);
    expect(await second).to.equal(reason);
    await driver[Symbol.asyncDispose]();
    expect(clock.sleeping).to.equal(0);
  });

  it('disposing the driver ends calls that are under way', async () => {
    server.bmc.faults = { silent: true };
    const outcome = outcomeOf(connection.power.get(HOUR));
    await received(1);
    await driver[Symbol.asyncDispose]();
    expect(await outcome).to.include({ code: 'unreachable' });
    expect(clock.sleeping).to.equal(0);
  });
});
