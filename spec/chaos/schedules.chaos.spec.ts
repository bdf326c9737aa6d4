import { expect } from 'chai';
import { heartbeat } from '../../conductor/periodic/heartbeat.ts';
import type { ScheduleRunRecord } from '../../lifecycle/schedules.ts';
import { CALLER } from '../conductor/conductor-bench.ts';
import { startMariadbBench } from '../conductor/mariadb-bench.ts';
import { eventually } from '../services/eventually.ts';
import { testTransportUrl } from '../services/test-services.ts';

/** The whole number is for a machine of one's own: SCHEDULES=2000. */
const ORDERS = Number(process.env.SCHEDULES ?? 200);
const PER_RACK = 4;
const PER_PROJECT = Math.max(10, ORDERS / 20);

describe('S90 schedules on MariaDB and RabbitMQ', () => {
  it(`start ${ORDERS} orders that are due at once exactly once each within the limits, though a conductor is killed`, async function () {
    this.timeout(500_000);
    await using bench = await startMariadbBench(
      {
        conductor: { lease_timeout: 5, poll_interval: 1, node_locked_retry_attempts: 0 },
        schedules: { max_per_rack: PER_RACK, max_per_project: PER_PROJECT },
      },
      await testTransportUrl(),
    );
    // Without it nobody is alive any more after [conductor]heartbeat_timeout, and nothing begins.
    const alive = { periodics: [heartbeat] };
    const first = await bench.start('conductor-1', alive);
    await bench.start('conductor-2', alive);
    const racks = Math.max(1, Math.ceil(ORDERS / 20));
    const nodes: string[] = [];
    for (let n = 0; n < ORDERS; n++) {
      const node = await bench.node({
        provision_state: 'active',
        power_state: 'power on',
        lessee: `p${n % 4}`,
      });
      await bench.store.servers.update(node.uuid, { rack: `R${n % racks}` });
      nodes.push(node.uuid);
    }
    const start_at = (await bench.store.now()) + ORDERS * 15;
    for (const server of nodes)
      await bench.client.createSchedule(
        {
          ...{
            project: null,
            side: 'provider',
            what: 'reboot',
            work: { kind: 'power', target: 'rebooting' },
          },
          ...{ servers: [server], cron: null, time_zone: 'UTC', start_at, window_s: 3600, os_off: null },
          limits: { at_once: null, per_rack: null, per_project: null },
        },
        CALLER,
      );
    const begun = () => bench.store.schedule_runs.count({ state: ['working', 'done'] });
    await eventually(async () => expect(await begun()).to.be.at.least(ORDERS / 10), 120_000);
    first.halt();
    await eventually(
      async () => expect(await bench.store.schedules.count({ state: 'done' })).to.equal(ORDERS),
      400_000,
    );
    const runs = await bench.store.schedule_runs.list({});
    expect(runs).to.have.length(ORDERS);
    expect(new Set(runs.map(({ state }) => state))).to.deep.equal(new Set(['done']));
    const jobs = await bench.store.jobs.list({ where: { kind: 'power' } });
    expect(jobs.map(({ node_uuid }) => node_uuid).sort()).to.deep.equal([...nodes].sort());
    expect(runs.every(({ started_at }) => Number(started_at) >= start_at)).to.equal(true);
    expect(atOnce(runs, 'rack')).to.be.within(1, PER_RACK);
    expect(atOnce(runs, 'project')).to.be.within(1, PER_PROJECT);
  });
});

/** The most runs of one rack, or project, that had their turn at the same time. */
function atOnce(runs: readonly ScheduleRunRecord[], by: 'rack' | 'project'): number {
  let most = 0;
  for (const key of new Set(runs.map((run) => run[by]))) {
    const turns = runs
      .filter((run) => run[by] === key)
      // A turn ends before another one that begins in the same millisecond.
      .flatMap(({ claimed_at, finished_at }) => [
        { at: Number(claimed_at), change: 1 },
        { at: Number(finished_at), change: -1 },
      ])
      .sort((a, b) => a.at - b.at || a.change - b.change);
    let now = 0;
    for (const { change } of turns) {
      now += change;
      most = Math.max(most, now);
    }
  }
  return most;
}
