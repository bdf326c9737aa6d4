import { expect } from 'chai';
import { bmcKey, createBmcGates } from '../../conductor/bmc-gates.ts';
import { systemClock } from '../../config/system-clock.ts';
import { type Driver, DriverError, type DriverErrorCode } from '../../drivers/contract.ts';
import { createFakeDriver } from '../../drivers/fake/driver.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, SILENT, settingsWith, startConductorBench } from './conductor-bench.ts';

describe('the gates to BMCs', () => {
  let now_ms: number;
  let slept: number[];
  const clock: Clock = {
    now: () => now_ms,
    monotonic: () => now_ms,
    sleep: async (ms) => void slept.push(Math.round(ms)),
  };
  const { signal } = new AbortController();
  beforeEach(() => {
    now_ms = 1_000_000;
    slept = [];
  });

  /** Gates that leave a BMC alone after two failures, for 10 s at first and 40 s at most. */
  function gatesWith(bmc_calls_per_second = 0) {
    const limits = { bmc_failure_threshold: 2, bmc_backoff: 10, bmc_backoff_max: 40, bmc_calls_per_second };
    const gates = createBmcGates(settingsWith({ conductor: limits }), clock);
    let calls = 0;
    const ask = (key: string, code: DriverErrorCode | null): Promise<string> =>
      gates
        .run(key, signal, async () => {
          calls++;
          if (code !== null) throw new DriverError(code, 'made');
          return 'ok';
        })
        .catch((error: Error) => (error.message === 'made' ? 'made' : error.name));
    return { gates, ask, calls: () => calls };
  }

  it('leave a dead BMC alone, longer each time, and others are not affected', async () => {
    const { ask, calls } = gatesWith();
    expect(await ask('dead', 'unreachable')).to.equal('made');
    expect(await ask('dead', 'timeout')).to.equal('made');
    for (const pause_ms of [10_000, 20_000, 40_000, 40_000]) {
      const made = calls();
      expect(await ask('dead', 'unreachable')).to.equal('LeftAlone');
      now_ms += pause_ms - 1;
      expect(await ask('dead', 'unreachable')).to.equal('LeftAlone');
      expect(calls()).to.equal(made);
      expect(await ask('alive', null)).to.equal('ok');
      now_ms += 1;
      expect(await ask('dead', 'unreachable')).to.equal('made');
    }
  });

  it('let one call try it when the time is over, and all when that one is answered', async () => {
    const { gates, ask } = gatesWith();
    for (let n = 0; n < 2; n++) await ask('dead', 'unreachable');
    now_ms += 10_000;
    let answer = (_text: string): void => {};
    const probe = gates.run('dead', signal, () => new Promise<string>((resolve) => (answer = resolve)));
    expect(await ask('dead', null)).to.equal('LeftAlone');
    answer('ok');
    expect(await probe).to.equal('ok');
    expect(await ask('dead', null)).to.equal('ok');
    expect(await ask('dead', 'unreachable')).to.equal('made');
    expect(await ask('dead', null)).to.equal('ok');
  });

  it('take a refusal for an answer, and an abort for none', async () => {
    const { gates, ask } = gatesWith();
    for (const code of ['unauthorized', 'rejected', 'busy', 'unsupported'] as const) {
      expect(await ask('bmc', 'unreachable')).to.equal('made');
      expect(await ask('bmc', code)).to.equal('made');
    }
    await ask('bmc', 'unreachable');
    await gates.run('bmc', signal, () => Promise.reject(new Error('aborted'))).catch(() => undefined);
    expect(await ask('bmc', 'unreachable')).to.equal('made');
    expect(await ask('bmc', null)).to.equal('LeftAlone');
  });

  it('spread the calls to one BMC over time, after a burst', async () => {
    const { ask } = gatesWith(4);
    for (let n = 0; n < 8; n++) expect(await ask('bmc', null)).to.equal('ok');
    expect(slept).to.deep.equal([250, 500, 750]);
    expect(await ask('other', null)).to.equal('ok');
    expect(slept).to.have.lengthOf(3);
    now_ms += 10_000;
    expect(await ask('bmc', null)).to.equal('ok');
    expect(slept).to.have.lengthOf(3);
  });

  it('hold nothing against a BMC whose driver_info is another one', () => {
    expect(bmcKey('a', { address: 'h', password: 'x' })).to.equal(
      bmcKey('a', { address: 'h', password: 'x' }),
    );
    expect(bmcKey('a', { address: 'h', password: 'x' })).to.not.equal(
      bmcKey('a', { address: 'h', password: 'y' }),
    );
    expect(bmcKey('a', {})).to.not.equal(bmcKey('b', {}));
  });

  it('stand in front of all work on a node, and of it alone', async () => {
    const fake = createFakeDriver({ clock: systemClock, log: SILENT });
    const silent = () => Promise.reject(new DriverError('unreachable', 'no answer'));
    let dead_uuid = '';
    const driver: Driver = {
      ...(fake as Driver),
      connect: async (info, options) => {
        const connection = await fake.connect(info as never, options);
        const { supported } = connection.power;
        return options.node_uuid === dead_uuid
          ? { power: { supported, get: silent, set: silent }, [Symbol.asyncDispose]: async () => {} }
          : connection;
      },
    };
    const conductor = {
      ...{ bmc_failure_threshold: 2, bmc_backoff: 3600, bmc_backoff_max: 3600 },
      power_state_change_timeout: 1,
    };
    await using bench = await startConductorBench({ conductor }, { driver });
    const codes: string[] = [];
    const observer = {
      ...{ jobEnded: () => {}, stepEnded: () => {}, lockWaited: () => {} },
      bmcCalled: (_driver: string, code: string) => void codes.push(code),
    };
    await bench.start('conductor-1', { observer });
    const dead = await bench.node();
    dead_uuid = dead.uuid;
    for (let n = 0; n < 3; n++) {
      await bench.client.power(await bench.read(dead), 'power on', null, CALLER);
      await bench.settled(dead, 'enroll');
    }
    await eventually(() => expect(codes).to.include('left_alone'), 8000);
    expect(codes.filter((code) => code === 'unreachable')).to.have.lengthOf(2);
    const alive = await bench.node();
    await bench.client.provision(alive, 'manage', {}, CALLER);
    await bench.settled(alive, 'manageable');
  });
});
