import { expect } from 'chai';
import type { ConductorOptions } from '../../conductor/server.ts';
import { plannedStep, type Work } from '../../conductor/step.ts';
import { WORKS } from '../../conductor/work/works.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench, SILENT, startConductorBench } from './conductor-bench.ts';

describe('several conductors', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench({ conductor: { poll_interval: 0.05, workers_pool_size: 5 } });
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  it('run each of 100 jobs once, and share them', async () => {
    const runs = new Map<string, string[]>();
    const works = (hostname: string): Pick<ConductorOptions, 'works'> => ({
      works: {
        ...WORKS,
        verify: {
          ...(WORKS.verify as Work),
          plan: async () => [plannedStep('power.validate')],
          find: () => ({
            survives: 'never',
            run: async ({ node, clock }) => {
              runs.set(node.uuid, [...(runs.get(node.uuid) ?? []), hostname]);
              await clock.sleep(2);
              return { outcome: 'done' };
            },
          }),
        },
      },
    });
    await bench.start('conductor-1', works('conductor-1'));
    await bench.start('conductor-2', works('conductor-2'));
    const nodes = await Promise.all(Array.from({ length: 100 }, () => bench.node()));
    await Promise.all(nodes.map((node) => bench.client.provision(node, 'manage', {}, CALLER)));
    for (const node of nodes) await bench.settled(node, 'manageable');
    expect([...runs.values()].every((hosts) => hosts.length === 1)).to.equal(true);
    expect(runs.size).to.equal(100);
    expect(new Set([...runs.values()].flat())).to.deep.equal(new Set(['conductor-1', 'conductor-2']));
  });

  it('serve only the nodes of their group', async () => {
    const { settings } = bench;
    const conductor = { ...settings.conductor, conductor_group: 'left' };
    await bench.start('conductor-left', { settings: { ...settings, conductor } });
    const here = await bench.node({ conductor_group: 'left' });
    const elsewhere = await bench.node({ conductor_group: 'right' });
    await bench.client.provision(here, 'manage', {}, CALLER);
    await bench.settled(here, 'manageable');
    expect([here, elsewhere].map(await bench.client.conductorFinder())).to.deep.equal([
      'conductor-left',
      null,
    ]);
  });

  it('hand a job over at its next step when one of them ends', async () => {
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    let entered = (): void => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const hosts: string[] = [];
    const verify: Work = {
      ...(WORKS.verify as Work),
      plan: async () => ['one', 'two'].map((name) => plannedStep(`power.${name}`)),
      find: (step) => ({
        survives: 'never',
        run: async (ctx) => {
          hosts.push(ctx.hostname);
          if (step.step === 'one') {
            entered();
            await gate;
          }
          return { outcome: 'done' };
        },
      }),
    };
    const works = { ...WORKS, verify };
    const first = await bench.start('conductor-1', { works });
    const node = await bench.node();
    await bench.client.provision(node, 'manage', {}, CALLER);
    await inside;
    const disposed = first[Symbol.asyncDispose]();
    await bench.start('conductor-2', { works });
    go();
    await disposed;
    await bench.settled(node, 'manageable');
    expect(hosts).to.deep.equal(['conductor-1', 'conductor-2']);
    expect((await bench.store.conductors.get('conductor-1'))?.online).to.equal(false);
  });

  it('take no node for a job that others ended while they slept between its claim and its begin', async () => {
    let go = (): void => {};
    const asleep = new Promise<void>((resolve) => {
      go = resolve;
    });
    let entered = (): void => {};
    const claimed = new Promise<void>((resolve) => {
      entered = resolve;
    });
    let slept = false;
    const { store, settings } = bench;
    const list: typeof store.nodes.list = async (options) => {
      if (!slept) {
        slept = true;
        entered();
        await asleep;
      }
      return store.nodes.list(options);
    };
    const short = { ...settings, conductor: { ...settings.conductor, lease_timeout: 0.2 } };
    let left = false;
    const warn = (_facts: object, message: string): void => {
      left ||= message === 'job left';
    };
    const sleepy = { ...store, nodes: { ...store.nodes, list } };
    const first = await bench.start('conductor-1', {
      settings: short,
      store: sleepy,
      log: { ...SILENT, warn },
    });
    const node = await bench.node();
    await bench.client.provision(node, 'manage', {}, CALLER);
    await claimed;
    await bench.start('conductor-2');
    await bench.settled(node, 'manageable');
    go();
    await eventually(async () => {
      expect(left).to.equal(true);
      expect(first.running).to.equal(0);
    });
    expect(await bench.read(node)).to.include({ reservation: null, reservation_job_id: null });
  });

  it('interrupt a step that may be repeated when the drain takes too long', async () => {
    let runs = 0;
    let entered = (): void => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const verify: Work = {
      ...(WORKS.verify as Work),
      find: () => ({
        survives: 'repeat',
        run: async (ctx) => {
          runs += 1;
          entered();
          if (runs === 1) await ctx.clock.sleep(60_000, ctx.signal);
          return { outcome: 'done' };
        },
      }),
    };
    const works = { ...WORKS, verify };
    const first = await bench.start('conductor-1', { works, drain_ms: 20 });
    const node = await bench.node();
    await bench.client.provision(node, 'manage', {}, CALLER);
    await inside;
    await first[Symbol.asyncDispose]();
    await bench.start('conductor-2', { works });
    await bench.settled(node, 'manageable');
    expect(runs).to.equal(2);
    const [job] = await bench.store.jobs.list({ where: { node_uuid: node.uuid } });
    const journal = await bench.store.jobs.journal(job?.id ?? 0);
    expect(journal.map(({ outcome }) => outcome)).to.deep.equal(['again', 'done']);
  });

  it('start a job that they are told of while they ask when the next one is due', async () => {
    let answer = (): void => {};
    const told = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { store, settings } = bench;
    const nextDue: typeof store.jobs.nextDue = async () => {
      await told;
      return null;
    };
    const conductor = await bench.start('conductor-1', {
      settings: { ...settings, conductor: { ...settings.conductor, poll_interval: 3600 } },
      store: { ...store, jobs: { ...store.jobs, nextDue } },
    });
    const node = await bench.node();
    await bench.client.provision(node, 'manage', {}, CALLER);
    conductor.poke();
    answer();
    await bench.settled(node, 'manageable');
  });

  it('stay within their number of workers', async () => {
    let running = 0;
    let most = 0;
    const verify: Work = {
      ...(WORKS.verify as Work),
      find: () => ({
        survives: 'repeat',
        run: async ({ clock }) => {
          running += 1;
          most = Math.max(most, running);
          await clock.sleep(5);
          running -= 1;
          return { outcome: 'done' };
        },
      }),
    };
    await bench.start('conductor-1', { works: { ...WORKS, verify } });
    const nodes = await Promise.all(Array.from({ length: 30 }, () => bench.node()));
    await Promise.all(nodes.map((node) => bench.client.provision(node, 'manage', {}, CALLER)));
    for (const node of nodes) await bench.settled(node, 'manageable');
    expect(most).to.equal(5);
  });

  it('find jobs whose nudge was lost', async () => {
    await bench.start('conductor-1');
    const node = await bench.node();
    const { createConductorClient } = await import('../../conductor/open-client.ts');
    const deaf = {
      ...bench.bus,
      connected: false,
      send: async () => false,
      subscribe: bench.bus.subscribe.bind(bench.bus),
    };
    await using client = await createConductorClient({
      store: bench.store,
      bus: deaf as typeof bench.bus,
      settings: bench.settings,
      clock: { now: Date.now, monotonic: () => performance.now(), sleep: async () => {} },
      log: SILENT,
    });
    await client.provision(node, 'manage', {}, CALLER);
    await bench.settled(node, 'manageable');
  });

  it('are waited for by calls, bounded', async () => {
    await bench.start('conductor-1');
    const node = await bench.node({ provision_state: 'manageable' });
    const answer = await bench.client.call(node, 'get_supported_boot_devices', {}, CALLER);
    expect(answer.supported_boot_devices).to.include('pxe');
    await bench.client.call(node, 'set_boot_device', { boot_device: 'disk', persistent: true }, CALLER);
    expect(await bench.client.call(node, 'get_boot_device', {}, CALLER)).to.deep.equal({
      boot_device: 'disk',
      persistent: true,
    });
    const report = await bench.client.call(node, 'validate', {}, CALLER);
    expect(report.power).to.deep.equal({ result: true });
    expect(report.raid?.result).to.equal(false);
    await bench.client.call(node, 'inject_nmi', {}, CALLER);
    expect([...bench.servers.values()][0]?.nmi_count).to.equal(1);
    await eventually(async () => expect((await bench.read(node)).reservation).to.equal(null));
  });
});
