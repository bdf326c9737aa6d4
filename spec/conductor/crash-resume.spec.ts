import { expect } from 'chai';
import type { Conductor, ConductorOptions } from '../../conductor/server.ts';
import { plannedStep, type StepDefinition, type Work } from '../../conductor/step.ts';
import { WORKS } from '../../conductor/work/works.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { Store, Tables } from '../../db/store.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { StepSurvival } from '../../lifecycle/job.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

const FAST = { conductor: { lease_timeout: 0.3, poll_interval: 0.05, node_locked_retry_interval: 0.05 } };

/** The kind `verify` with steps of the spec's own. */
function verifyBy(steps: Record<string, StepDefinition>): Pick<ConductorOptions, 'works'> {
  const verify = WORKS.verify as Work;
  return {
    works: {
      ...WORKS,
      verify: {
        ...verify,
        plan: async () => Object.keys(steps).map((name) => plannedStep(`power.${name}`)),
        find: (step) => steps[step.step] ?? null,
      },
    },
  };
}

/** Ends with the worker only. */
function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** A store that counts journal writes and calls `kill` at the n-th, before or after it is committed. */
function killingStore(store: Store, at: number, when: 'before' | 'after', kill: () => void): Store {
  let writes = 0;
  const dead = new Promise<never>(() => {});
  return {
    ...store,
    transaction: async (work) => {
      let hit = false;
      const done = await store.transaction(async (tables) => {
        const count = async <T>(write: () => Promise<T>): Promise<T> => {
          writes += 1;
          if (writes === at && when === 'before') {
            kill();
            throw new Error('killed');
          }
          hit ||= writes === at;
          return write();
        };
        const jobs: Tables['jobs'] = {
          ...tables.jobs,
          startStep: (entry) => count(() => tables.jobs.startStep(entry)),
          endStep: (id, outcome, detail) => count(() => tables.jobs.endStep(id, outcome, detail)),
        };
        return work({ ...tables, jobs });
      });
      if (hit) {
        kill();
        return dead;
      }
      return done;
    },
  };
}

describe('work whose conductor dies', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench(FAST);
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  for (const when of ['before', 'after'] as const)
    it(`ends well when killed just ${when} any journal write`, async () => {
      const clean_steps = ['power_on', 'reboot', 'power_off', 'power_on'].map((step) => ({
        interface: 'power',
        step,
      }));
      // Four steps: a start with the plan, three ends that are starts too, and an end.
      for (let at = 1; at <= 8; at++) {
        const node = await bench.node({ provision_state: 'manageable' });
        let kill = (): void => {};
        const killed = new Promise<void>((resolve) => {
          kill = resolve;
        });
        const store = killingStore(bench.store, at, when, () => {
          first.halt();
          kill();
        });
        const first: Conductor = await bench.start('conductor-1', { store });
        await bench.client.provision(node, 'clean', { clean_steps }, CALLER);
        await killed;
        const second = await bench.start('conductor-2');
        const cleaned = await bench.settled(node, 'manageable');
        expect(cleaned.power_state).to.equal('power on');
        expect(cleaned.last_error).to.equal(null);
        await second[Symbol.asyncDispose]();
        const [job] = await bench.store.jobs.list({ where: { node_uuid: node.uuid } });
        const ended_by = when === 'after' && at === 8 ? 'conductor-1' : 'conductor-2';
        expect(job).to.include({ state: 'done', claimed_by: ended_by });
      }
    });

  async function dieIn(survives: StepSurvival, probe?: StepDefinition['probe']) {
    const node = await bench.node();
    let runs = 0;
    let entered = (): void => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const first = await bench.start(
      'conductor-1',
      verifyBy({
        act: {
          survives,
          run: async ({ signal }) => {
            runs += 1;
            entered();
            return forever(signal);
          },
        },
      }),
    );
    await bench.client.provision(node, 'manage', {}, CALLER);
    await inside;
    first.halt();
    await bench.start(
      'conductor-2',
      verifyBy({
        act: {
          survives,
          ...(probe === undefined ? {} : { probe }),
          run: async () => {
            runs += 1;
            return { outcome: 'done' };
          },
        },
      }),
    );
    return { node, runs: () => runs };
  }

  it('repeats a step that may be repeated', async () => {
    const { node, runs } = await dieIn('repeat');
    await bench.settled(node, 'manageable');
    expect(runs()).to.equal(2);
  });

  it('does not run a step twice that must not, and says what is not known', async () => {
    const { node, runs } = await dieIn('never');
    const failed = await bench.settled(node, 'enroll');
    expect(runs()).to.equal(1);
    expect(failed.last_error).to.contain('power.act').and.contain('whether it took effect is not known');
  });

  it('asks what happened, and goes on without running the step again', async () => {
    const { node, runs } = await dieIn('probe', async () => ({ outcome: 'done' }));
    await bench.settled(node, 'manageable');
    expect(runs()).to.equal(1);
  });

  it('asks what happened, and runs the step when nothing had', async () => {
    const { node, runs } = await dieIn('probe', async () => 'repeat');
    await bench.settled(node, 'manageable');
    expect(runs()).to.equal(2);
  });

  it('shows who holds the node now', async () => {
    const node = await bench.node();
    const step: StepDefinition = { survives: 'repeat', run: ({ signal }) => forever(signal) };
    const first = await bench.start('conductor-1', verifyBy({ act: step }));
    await bench.client.provision(node, 'manage', {}, CALLER);
    await eventually(async () => {
      expect((await bench.store.jobs.list({ where: { state: 'running' } })).length).to.equal(1);
    });
    expect((await bench.read(node)).reservation).to.equal('conductor-1');
    first.halt();
    await bench.start('conductor-2', verifyBy({ act: step }));
    await eventually(async () => expect((await bench.read(node)).reservation).to.equal('conductor-2'));
  });

  it('gives up on a step that kills every conductor', async () => {
    const node = await bench.node();
    const [job] = await enqueueCrashes(bench, node.uuid, 6);
    await bench.start();
    const failed = await bench.settled(node, 'enroll');
    expect(failed.last_error).to.contain('6 times');
    expect((await bench.store.jobs.get(job ?? 0))?.state).to.equal('failed');
  });
});

/** Leaves a verify job behind as `times` dead conductors would. */
async function enqueueCrashes(bench: ConductorBench, node_uuid: string, times: number): Promise<number[]> {
  const ids: number[] = [];
  const fast = { claimed_by: 'conductor-0', conductor_group: '', limit: 1, lease_ms: 1 };
  const conductor = await bench.start('conductor-0', { works: WORKS });
  conductor.halt();
  await bench.client.provision(await bench.read({ uuid: node_uuid }), 'manage', {}, CALLER);
  for (let i = 0; i < times; i++) {
    const [claimed] = await eventually(async () => {
      const jobs = await bench.store.jobs.claim(fast);
      expect(jobs).to.have.lengthOf(1);
      return jobs;
    });
    if (claimed === undefined) throw new Error('no job');
    const { job } = claimed;
    const claim = { job_id: job.id, claimed_by: 'conductor-0', fencing_token: job.fencing_token };
    await bench.store.jobs.startStep({
      job_id: job.id,
      step_index: 0,
      interface: 'power',
      step: 'validate',
      fencing_token: job.fencing_token,
      conductor: 'conductor-0',
    });
    await bench.store.jobs.update(claim, { steps: [plannedStep('power.validate')] });
    ids.push(job.id);
  }
  return ids;
}

describe('a database that goes away', () => {
  for (const [what, commits] of [
    ['before an outcome is written', false],
    ['just after an outcome was written', true],
  ] as const)
    it(`${what} costs time, not work`, async () => {
      const bench = await startConductorBench(FAST);
      try {
        const node = await bench.node();
        let runs = 0;
        let away = false;
        const steps = {
          first: act(async () => {
            runs += 1;
            away = true;
            return { outcome: 'done' };
          }),
          second: act(async () => ({ outcome: 'done' })),
        };
        await bench.start('conductor-1', {
          store: {
            ...bench.store,
            transaction: async (work) => {
              const gone = away;
              away = false;
              if (!gone) return bench.store.transaction(work);
              if (commits) await bench.store.transaction(work);
              throw serviceError('ServiceUnavailable', { why: 'The database is away.' });
            },
          },
          clock: { ...systemClock, sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal) },
          ...verifyBy(steps),
        });
        await bench.client.provision(node, 'manage', {}, CALLER);
        const managed = await bench.settled(node, 'manageable');
        expect(managed.last_error).to.equal(null);
        expect(runs).to.equal(1);
      } finally {
        await bench[Symbol.asyncDispose]();
      }
    });
});

describe('a step that reads the database while it is away', () => {
  async function readAway(survives: StepSurvival) {
    const bench = await startConductorBench(FAST);
    try {
      const node = await bench.node();
      let runs = 0;
      const read = act(async () => {
        runs += 1;
        if (runs === 1) throw serviceError('ServiceUnavailable', { why: 'The database is away.' });
        return { outcome: 'done' };
      }, survives);
      await bench.start('conductor-1', verifyBy({ read }));
      await bench.client.provision(node, 'manage', {}, CALLER);
      const ended = await bench.settled(node, survives === 'never' ? 'enroll' : 'manageable');
      return { runs, last_error: ended.last_error };
    } finally {
      await bench[Symbol.asyncDispose]();
    }
  }

  it('is run again when it may be repeated', async () => {
    expect(await readAway('repeat')).to.deep.equal({ runs: 2, last_error: null });
  });

  it('is not run again when it must not', async () => {
    const { runs, last_error } = await readAway('never');
    expect(runs).to.equal(1);
    expect(last_error).to.contain('may not run twice');
  });
});

function act(run: StepDefinition['run'], survives: StepSurvival = 'never'): StepDefinition {
  return { survives, run };
}

describe('a conductor that was paused past its lease', () => {
  it('writes nothing and commands no BMC when it wakes', async () => {
    const bench = await startConductorBench(FAST);
    try {
      const node = await bench.node({ provision_state: 'manageable' });
      let resume = (): void => {};
      const paused = new Promise<void>((resolve) => {
        resume = resolve;
      });
      let entered = (): void => {};
      const inside = new Promise<void>((resolve) => {
        entered = resolve;
      });
      const late: unknown[] = [];
      // A process that is paused renews nothing and claims nothing.
      let awake = true;
      const jobs: Store['jobs'] = {
        ...bench.store.jobs,
        claim: async (options) => (awake ? bench.store.jobs.claim(options) : []),
        renew: () => paused.then(() => []),
      };
      const first = await bench.start('conductor-1', {
        store: { ...bench.store, jobs },
        ...cleanBy(
          act(async (ctx) => {
            const bmc = await ctx.bmc();
            awake = false;
            entered();
            await paused;
            await bmc.command('power on').catch((error: unknown) => late.push(error));
            ctx.change({ last_error: 'written late' });
            return { outcome: 'done' };
          }, 'repeat'),
        ),
      });
      const clean_steps = [{ interface: 'power', step: 'power_on' }];
      await bench.client.provision(node, 'clean', { clean_steps }, CALLER);
      await inside;
      const second = await bench.start(
        'conductor-2',
        cleanBy(act(async () => ({ outcome: 'done' }), 'repeat')),
      );
      const cleaned = await bench.settled(node, 'manageable');
      resume();
      await eventually(() => expect(first.running).to.equal(0));
      expect(late).to.have.lengthOf(1);
      expect(String(late[0])).to.contain('LeaseLost');
      expect([...bench.servers.values()].flatMap((server) => server.power_commands)).to.deep.equal([]);
      expect(await bench.read(node)).to.deep.equal(cleaned);
      await second[Symbol.asyncDispose]();
    } finally {
      await bench[Symbol.asyncDispose]();
    }
  });
});

function cleanBy(step: StepDefinition): Pick<ConductorOptions, 'works'> {
  return { works: { ...WORKS, clean: { ...(WORKS.clean as Work), find: () => step } } };
}
