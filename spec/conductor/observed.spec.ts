import { expect } from 'chai';
import type { ConductorObserver } from '../../conductor/observer.ts';
import { createConductorClient } from '../../conductor/open-client.ts';
import { systemClock } from '../../config/system-clock.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

interface Line {
  message: string;
  request_id?: string;
  node?: string;
  kind?: string;
}

/** A logger with children that keeps its lines. */
function listener(lines: Line[], bound: object = {}) {
  const write = (facts: object, message: string): void => void lines.push({ ...bound, ...facts, message });
  return {
    ...{ debug: write, info: write, warn: write, error: write },
    child: (bindings: object) => listener(lines, { ...bound, ...bindings }),
  };
}

describe('an observed conductor', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  it('follows a request id from the request to the calls to the BMC', async () => {
    const lines: Line[] = [];
    await bench.start('conductor-1', { log: listener(lines) });
    const node = await bench.node();
    const request_id = 'req-11111111-2222-3333-4444-555555555555';
    await bench.client.provision(node, 'manage', {}, { ...CALLER, request_id });
    await bench.settled(node, 'manageable');
    const calls = lines.filter(({ message }) => message.startsWith('BMC call: '));
    expect(calls.map(({ message }) => message)).to.include('BMC call: read the power state');
    for (const line of calls)
      expect(line).to.include({ request_id, node: node.uuid, kind: 'verify', code: 'ok' });
    expect(lines.find(({ message }) => message === 'job ended')).to.include({ request_id });
  });

  it('counts jobs, steps and calls to BMCs, and names no node', async () => {
    const metrics = createMetrics(systemClock);
    try {
      await bench.start('conductor-1', { observer: metrics.conductor });
      const node = await bench.node();
      await bench.client.provision(node, 'manage', {}, CALLER);
      await bench.settled(node, 'manageable');
      const broken = await bench.node({ driver_info: { fake_power_failure: 'unauthorized' } });
      await bench.client.provision(broken, 'manage', {}, CALLER);
      await bench.settled(broken, 'enroll');
      const text = await metrics.text();
      expect(text).to.contain('kurogane_jobs_ended_total{kind="verify",state="done"} 1');
      expect(text).to.match(/^kurogane_bmc_calls_total\{driver="fake-hardware",code="ok"\} [1-9]/m);
      expect(text).to.match(
        /^kurogane_step_visits_total\{kind="verify",step="[a-z]+\.[a-z_]+",outcome="done"\} 1$/m,
      );
      expect(text).to.contain('kurogane_jobs_ended_total{kind="verify",state="failed"} 1');
      expect(text).to.match(/^kurogane_bmc_calls_total\{driver="fake-hardware",code="unauthorized"\} [1-9]/m);
      expect(text).to.not.contain(node.uuid);
      expect(text).to.not.contain(broken.uuid);
    } finally {
      metrics[Symbol.dispose]();
    }
  });

  it('tells how long requests waited for a locked node', async () => {
    const waits: string[] = [];
    const observer: ConductorObserver = {
      ...{ jobEnded: () => {}, stepEnded: () => {}, bmcCalled: () => {} },
      lockWaited: (outcome) => void waits.push(outcome),
    };
    const log = listener([]);
    const client = await createConductorClient({ ...bench, clock: systemClock, log, observer });
    try {
      await bench.start();
      const node = await bench.node();
      await bench.store.nodes.update(node.uuid, { reservation: 'somebody' });
      const locked = await bench.read(node);
      const refusal = await client.updateNode(locked, { extra: { a: 1 } }, CALLER).catch((error) => error);
      expect(refusal).to.have.property('code', 'NodeLocked');
      await bench.store.nodes.update(node.uuid, { reservation: null });
      await client.updateNode(locked, { extra: { a: 1 } }, CALLER);
      await client.updateNode(await bench.read(node), { extra: { a: 2 } }, CALLER);
      expect(waits).to.deep.equal(['refused', 'got']);
    } finally {
      await client[Symbol.asyncDispose]();
    }
  });

  it('says when its loop over the jobs has stalled, until it gets through again', async () => {
    let away = false;
    const store = {
      ...bench.store,
      jobs: {
        ...bench.store.jobs,
        claim: (options: Parameters<typeof bench.store.jobs.claim>[0]) =>
          away ? Promise.reject(new Error('away')) : bench.store.jobs.claim(options),
      },
    };
    let later_ms = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + later_ms };
    const conductor = await bench.start('conductor-1', { store, clock });
    expect(conductor.stalled()).to.equal(null);
    away = true;
    later_ms = 60_000;
    expect(conductor.stalled()).to.contain('could not look for jobs');
    away = false;
    conductor.poke();
    await eventually(() => expect(conductor.stalled()).to.not.contain('look for jobs'), 5000);
  });
});
