import { expect } from 'chai';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ScheduleRecord, ScheduleRunRecord } from '../../lifecycle/schedules.ts';
import { newJob } from '../builders/records.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench } from './conductor-bench.ts';

const REBOOT: Pick<
  ScheduleRecord,
  'side' | 'what' | 'work' | 'cron' | 'time_zone' | 'window_s' | 'os_off' | 'limits'
> = {
  ...{ side: 'provider', what: 'reboot', work: { kind: 'power', target: 'rebooting' } },
  ...{ cron: null, time_zone: 'UTC', window_s: 60, os_off: null },
  limits: { at_once: null, per_rack: null, per_project: null },
};

/** Schedules on one kind of store. */
export function describeSchedules(name: string, start: (settings?: object) => Promise<ConductorBench>): void {
  describe(`schedules on ${name}`, function scheduleSuite() {
    this.timeout(60_000);
    let bench: ConductorBench;
    beforeEach(async () => {
      bench = await start();
    });
    afterEach(() => bench[Symbol.asyncDispose]());

    const active = (count: number, fields: Partial<NodeRecord> = {}): Promise<NodeRecord[]> =>
      Promise.all(
        Array.from({ length: count }, () =>
          bench.node({ provision_state: 'active', power_state: 'power on', lessee: 'p1', ...fields }),
        ),
      );

    async function schedule(
      nodes: readonly NodeRecord[],
      wanted: Partial<ScheduleRecord> = {},
      in_ms = 0,
    ): Promise<ScheduleRecord> {
      const start_at = (await bench.store.now()) + in_ms;
      const servers = nodes.map(({ uuid }) => uuid);
      const { cron = null } = wanted;
      return bench.client.createSchedule(
        { ...REBOOT, project: 'p1', start_at: cron === null ? start_at : null, ...wanted, servers },
        CALLER,
      );
    }

    const runsOf = ({ uuid }: ScheduleRecord): Promise<ScheduleRunRecord[]> =>
      bench.store.schedule_runs.list({ where: { schedule_uuid: uuid } });

    const over = (one: ScheduleRecord, within_ms = 20_000): Promise<ScheduleRunRecord[]> =>
      eventually(async () => {
        const [now, runs] = [await bench.store.schedules.get(one.uuid), await runsOf(one)];
        if (now?.state !== 'done' || runs.some(({ finished_at }) => finished_at === null))
          throw new Error(`${now?.state}: ${runs.map((run) => `${run.state} ${run.last_error}`).join('; ')}`);
        return runs;
      }, within_ms);

    const jobsOf = async (node: NodeRecord, kind: 'power' | 'service') =>
      (await bench.store.jobs.list({ where: { node_uuid: node.uuid } })).filter((job) => job.kind === kind);

    it('S90 run at their time, and not before', async () => {
      await bench.start();
      const [node] = await active(1);
      const made = await schedule(node === undefined ? [] : [node], {}, 1500);
      const [run] = await over(made);
      expect(run).to.deep.include({ state: 'done', last_error: null, window_start: made.start_at });
      expect(Number(run?.started_at) - Number(made.start_at)).to.be.within(0, 5000);
      expect(await jobsOf(node as NodeRecord, 'power')).to.have.length(1);
    });

    it('S90 survive the conductor: another one starts what is due, once', async () => {
      const first = await bench.start('conductor-1');
      const nodes = await active(6);
      const made = await schedule(nodes, { limits: { at_once: 2, per_rack: null, per_project: null } });
      await eventually(async () => {
        const runs = await runsOf(made);
        if (!runs.some(({ state }) => state === 'working')) throw new Error('None has begun.');
      }, 10_000);
      first.halt();
      await bench.start('conductor-2');
      const runs = await over(made, 40_000);
      expect(runs.map(({ state }) => state)).to.deep.equal(Array(6).fill('done'));
      for (const node of nodes) expect(await jobsOf(node, 'power')).to.have.length(1);
    });

    it('are in maintenance while it is their turn, of whoever made the schedule', async () => {
      await bench.start();
      const [node] = await active(1);
      const seen = new Set<string | null>();
      const made = await schedule([node as NodeRecord], {
        ...{ side: 'customer', name: 'night work', os_off: { wait_s: 1, soft_s: 30, hard: false } },
        work: { kind: 'steps', steps: [], disable_ramdisk: true },
      });
      await eventually(async () => {
        const server = await bench.store.servers.get(node?.uuid ?? '');
        if (server?.stage === 'maintenance') seen.add(server.maintenance_reason);
        if ((await bench.store.schedules.get(made.uuid))?.state !== 'done') throw new Error('It goes on.');
      }, 20_000);
      expect([...seen]).to.deep.equal(['night work']);
      const server = await bench.store.servers.get(node?.uuid ?? '');
      expect(server).to.deep.include({ stage: 'in-use', maintenance_side: null, maintenance_by: null });
    });

    it('S91 wait until the operating system is off, ask it to, then do the work and power on again', async () => {
      await bench.start();
      const [node] = await active(1);
      await bench.client.power(node as NodeRecord, 'power on', null, CALLER);
      await bench.settled(node as NodeRecord, 'active');
      const made = await schedule([node as NodeRecord], {
        os_off: { wait_s: 1, soft_s: 30, hard: true },
        work: {
          kind: 'steps',
          steps: [{ interface: 'management', step: 'reset_bmc', args: {}, order: 1 }],
          disable_ramdisk: true,
        },
      });
      const [run] = await over(made);
      expect(run).to.deep.include({ state: 'done', how: 'soft', last_error: null });
      expect(Number(run?.started_at) - Number(run?.claimed_at)).to.be.at.least(1000);
      const asked = (await jobsOf(node as NodeRecord, 'power')).map(({ args }) => args.target);
      expect(asked).to.deep.equal(['power on', 'soft power off', 'power on']);
      expect(await bench.read(node as NodeRecord)).to.deep.include({
        ...{ power_state: 'power on', provision_state: 'active' },
      });
    });

    it('never run late: what is not begun when the window ends is missed', async () => {
      await bench.start();
      const [node] = await active(1, { reservation: 'somebody' });
      const missed = await schedule([node as NodeRecord], { window_s: 2 });
      const [run] = await over(missed);
      expect(run).to.deep.include({ state: 'missed', started_at: null });
      expect(run?.last_error).to.contain('Other work');
    });

    it('whose window passed while nobody worked are missed, and the next one is kept', async () => {
      const conductor = await bench.start();
      await conductor[Symbol.asyncDispose]();
      const { hardware_types = {} } = (await bench.store.conductors.get('conductor-1')) ?? {};
      await bench.store.conductors.register({ hostname: 'conductor-1', conductor_group: '', hardware_types });
      const nodes = await active(2);
      const once = await schedule(nodes, { window_s: 1 });
      const now = await bench.store.now();
      const daily = await bench.store.schedules.create({
        ...{ ...REBOOT, cron: '0 2 * * *', servers: nodes.map(({ uuid }) => uuid) },
        next_at: now - (now % 86_400_000) - 9 * 86_400_000 + 2 * 3_600_000,
      });
      const args = { schedule_uuid: daily.uuid };
      await bench.store.jobs.insert(newJob({ kind: 'schedule', args }));
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await bench.start('conductor-2');
      expect((await over(once)).map(({ state }) => state)).to.deep.equal(['missed', 'missed']);
      const next_at = await eventually(async () => {
        const at = (await bench.store.schedules.get(daily.uuid))?.next_at;
        if (typeof at !== 'number' || at < now) throw new Error('It lags behind.');
        return at;
      }, 10_000);
      expect(next_at - now).to.be.at.most(86_400_000);
      expect((await runsOf(daily)).every(({ state }) => state === 'missed')).to.equal(true);
      for (const node of nodes) expect(await jobsOf(node, 'power')).to.deep.equal([]);
    });

    it('keep the limits of racks and projects over all schedules', async () => {
      await bench.start('conductor-1');
      await bench.start('conductor-2');
      const nodes = await active(8);
      for (const [index, { uuid }] of nodes.entries())
        await bench.store.servers.update(uuid, { rack: index < 4 ? 'A1' : 'A2' });
      const limits = { at_once: null, per_rack: 2, per_project: 3 };
      const made = await Promise.all(nodes.map((node) => schedule([node], { limits })));
      const most = { rack: 0, project: 0 };
      let done = 0;
      while (done < nodes.length) {
        const runs = await bench.store.schedule_runs.list({});
        const turn = runs.filter(({ state }) => ['claimed', 'working'].includes(state));
        most.project = Math.max(most.project, turn.length);
        for (const rack of ['A1', 'A2'])
          most.rack = Math.max(most.rack, turn.filter((run) => run.rack === rack).length);
        done = runs.filter(({ state }) => state === 'done').length;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      for (const one of made) await over(one);
      expect(most.rack).to.be.within(1, 2);
      expect(most.project).to.be.within(1, 3);
    });

    it('leave a customer’s work undone on servers that the customer has no longer', async () => {
      await bench.start();
      const [node] = await active(1, { lessee: 'p2' });
      const [run] = await over(await schedule([node as NodeRecord], { side: 'customer', project: 'p1' }));
      expect(run?.state).to.equal('failed');
      expect(run?.last_error).to.contain('no longer');
      expect(await jobsOf(node as NodeRecord, 'power')).to.deep.equal([]);
    });

    it('are forgotten run by run, long after they were over', async () => {
      await bench.start();
      const made = await schedule(await active(1));
      await over(made);
      const { schedule_runs } = bench.store;
      expect(await schedule_runs.trim(60_000, 10)).to.equal(0);
      expect(await schedule_runs.trim(-60_000, 10)).to.equal(1);
      expect(await runsOf(made)).to.deep.equal([]);
    });

    it('tell why work failed, and go on with the other servers', async () => {
      await bench.start();
      const [good, bad] = [...(await active(1)), ...(await active(1, { provision_state: 'manageable' }))];
      const steps = [{ interface: 'management', step: 'no_such_step', args: {}, order: 1 }];
      const made = await schedule([good, bad] as NodeRecord[], {
        work: { kind: 'steps', steps, disable_ramdisk: true },
      });
      const runs = await over(made);
      expect(runs.map(({ state }) => state)).to.deep.equal(['failed', 'failed']);
      expect(runs[0]?.last_error).to.contain('no_such_step');
    });
  });
}
