import { expect } from 'chai';
import type { Claim, ClaimedJob } from '../../db/store.ts';
import { newJob, uniqueName } from '../builders/records.ts';
import type { StoreBench } from './store-bench.ts';

const claimOf = ({ job }: ClaimedJob): Claim => ({
  job_id: job.id,
  claimed_by: job.claimed_by ?? '',
  fencing_token: job.fencing_token,
});

export function describeStoreClaims(bench: () => StoreBench): void {
  describe('claims', () => {
    it('take due jobs of the group, the longest due first', async () => {
      const { jobs } = bench().store;
      const conductor_group = uniqueName('group');
      const ids: number[] = [];
      for (const run_at of [3_000, 1_000, 2_000])
        ids.push((await jobs.insert(newJob({ conductor_group, run_at }))).id);
      await jobs.insert(newJob({ conductor_group, run_at: 9_000_000_000_000 }));
      await jobs.insert(newJob({ conductor_group: uniqueName('group') }));
      const two = await jobs.claim({ claimed_by: 'c1', conductor_group, lease_ms: 60_000, limit: 2 });
      expect(two.map(({ job }) => job.id).sort()).to.deep.equal([ids[1], ids[2]].sort());
      for (const { job, due } of two) {
        expect(due).to.equal('queued');
        expect(job).to.include({ state: 'running', claimed_by: 'c1', fencing_token: 1 });
        expect(job.lease_expires_at).to.be.at.least((job.started_at ?? 0) + 60_000);
        expect(await jobs.get(job.id)).to.deep.equal(job);
      }
      const rest = await jobs.claim({ claimed_by: 'c1', conductor_group, lease_ms: 60_000, limit: 9 });
      expect(rest.map(({ job }) => job.id)).to.deep.equal([ids[0]]);
    });

    it('take one job by its id, only when it is due and of the group', async () => {
      const { jobs } = bench().store;
      const conductor_group = uniqueName('group');
      const [first, second] = [
        await jobs.insert(newJob({ conductor_group })),
        await jobs.insert(newJob({ conductor_group })),
      ];
      const later = await jobs.insert(newJob({ conductor_group, run_at: 9_000_000_000_000 }));
      const options = { claimed_by: 'c1', conductor_group, lease_ms: 60_000, limit: 1 };
      const other_group = { ...options, conductor_group: 'another' };
      expect(await jobs.claim({ ...other_group, id: second.id })).to.deep.equal([]);
      expect((await jobs.claim({ ...options, id: second.id })).map(({ job }) => job.id)).to.deep.equal([
        second.id,
      ]);
      expect(await jobs.claim({ ...options, id: second.id })).to.deep.equal([]);
      expect(await jobs.claim({ ...options, id: later.id })).to.deep.equal([]);
      expect(await jobs.get(first.id)).to.include({ state: 'queued' });
    });

    it('give each job to one of many claimers', async () => {
      const { store } = bench();
      const others = [await bench().another(), await bench().another()];
      const conductor_group = uniqueName('group');
      const JOBS = 120;
      for (let n = 0; n < JOBS; n++) await store.jobs.insert(newJob({ conductor_group }));
      const taken: number[] = [];
      const claimer = async (n: number): Promise<void> => {
        const { jobs } = [store, ...others][n % 3] ?? store;
        for (;;) {
          const won = await jobs.claim({
            claimed_by: `c${n % 5}`,
            conductor_group,
            lease_ms: 600_000,
            limit: 7,
          });
          taken.push(...won.map(({ job }) => job.id));
          const left = await jobs.nextDue(conductor_group);
          if (left === null || left > 0) return;
        }
      };
      await Promise.all(Array.from({ length: 16 }, (_, n) => claimer(n)));
      expect(taken).to.have.length(JOBS);
      expect(new Set(taken).size).to.equal(JOBS);
      const tokens = (await store.jobs.list({ where: { conductor_group } })).map((job) => job.fencing_token);
      expect(new Set(tokens)).to.deep.equal(new Set([1]));
    });

    it('give one job by id to one of many claimers', async () => {
      const { jobs } = bench().store;
      const conductor_group = uniqueName('group');
      const { id } = await jobs.insert(newJob({ conductor_group }));
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          jobs.claim({ claimed_by: `c${n}`, conductor_group, lease_ms: 600_000, limit: 1, id }),
        ),
      );
      expect(all.flat()).to.have.length(1);
      expect((await jobs.get(id))?.fencing_token).to.equal(1);
    });

    it('end with the lease: another conductor takes over, and the first writes nothing more', async () => {
      const { jobs } = bench().store;
      const conductor_group = uniqueName('group');
      const { id } = await jobs.insert(newJob({ conductor_group, args: { a: 1 } }));
      const options = { conductor_group, limit: 1 };
      const [first] = await jobs.claim({ ...options, claimed_by: 'c1', lease_ms: 0 });
      if (first === undefined) throw new Error('The job was not claimed.');
      await jobs.update(claimOf(first), { step_index: 1, step_data: { at: 'disk' } });
      const [second] = await jobs.claim({ ...options, claimed_by: 'c1', lease_ms: 60_000 });
      if (second === undefined) throw new Error('The job was not taken over.');
      expect(second.due).to.equal('lease-ended');
      expect(second.job).to.deep.include({ fencing_token: 2, step_index: 1, step_data: { at: 'disk' } });
      expect(second.job.started_at).to.equal(first.job.started_at);

      const before = await jobs.get(id);
      expect(await jobs.renew([claimOf(first)], 600_000)).to.deep.equal([]);
      expect(await jobs.update(claimOf(first), { state: 'done', result: 'stale' })).to.equal(false);
      expect(await jobs.update(claimOf(first), { step_data: { stale: true } })).to.equal(false);
      expect(await jobs.update({ ...claimOf(second), claimed_by: 'c9' }, { state: 'done' })).to.equal(false);
      expect(await jobs.get(id)).to.deep.equal(before);
      expect(await jobs.update(claimOf(second), { state: 'done' })).to.equal(true);
    });

    it('are renewed, those that still hold', async () => {
      const { jobs } = bench().store;
      const conductor_group = uniqueName('group');
      for (let n = 0; n < 3; n++) await jobs.insert(newJob({ conductor_group }));
      const options = { claimed_by: 'c1', conductor_group };
      const [lost, ended, held] = await jobs.claim({ ...options, lease_ms: 0, limit: 3 });
      if (lost === undefined || ended === undefined || held === undefined)
        throw new Error('Three were not claimed.');
      await jobs.claim({ ...options, claimed_by: 'c2', lease_ms: 60_000, limit: 1, id: lost.job.id });
      await jobs.update(claimOf(ended), { state: 'done' });
      const claims = [lost, ended, held].map(claimOf);
      expect(await jobs.renew(claims, 60_000)).to.deep.equal([held.job.id]);
      expect(await jobs.renew([claimOf(held)], 60_000)).to.deep.equal([held.job.id]);
      expect(await jobs.renew([], 60_000)).to.deep.equal([]);
      expect(await jobs.claim({ ...options, lease_ms: 60_000, limit: 9 })).to.deep.equal([]);
      expect(await jobs.nextDue(conductor_group)).to.be.within(1, 60_000);
    });

    it('and the next one due is told per group', async () => {
      const { jobs } = bench().store;
      const conductor_group = uniqueName('group');
      expect(await jobs.nextDue(conductor_group)).to.equal(null);
      await jobs.insert(newJob({ conductor_group }));
      expect(await jobs.nextDue(conductor_group)).to.equal(0);
    });
  });
}
