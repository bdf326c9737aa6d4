import { expect } from 'chai';
import type { Claim, ClaimedJob, NewJob, Store } from '../../db/store.ts';
import { newJob, newNode, uniqueName } from '../builders/records.ts';
import type { StoreBench } from './store-bench.ts';

/** Inserts a job into a group of its own and claims it. */
async function claimed(store: Store, fields: Partial<NewJob> = {}) {
  const conductor_group = uniqueName('group');
  const inserted = await store.jobs.insert(newJob({ conductor_group, ...fields }));
  const [taken] = await store.jobs.claim({ claimed_by: 'c1', conductor_group, lease_ms: 60_000, limit: 1 });
  if (taken === undefined) throw new Error('The job was not claimed.');
  return { conductor_group, inserted, taken, claim: claimOf(taken) };
}

const claimOf = ({ job }: ClaimedJob): Claim => ({
  job_id: job.id,
  claimed_by: job.claimed_by ?? '',
  fencing_token: job.fencing_token,
});

export function describeStoreJobs(bench: () => StoreBench): void {
  describe('jobs', () => {
    it('are stored with all that the request said', async () => {
      const { jobs, nodes, now } = bench().store;
      const node = await nodes.create(newNode());
      const before = await now();
      const job = await jobs.insert({
        kind: 'power',
        node_uuid: node.uuid,
        conductor_group: 'g',
        exclusive: true,
        args: { target: 'power on', nested: { list: [1] } },
        deadline_at: 4_000_000_000_000,
        request_id: 'req-1',
        user: 'u',
        project: 'p',
        steps: [{ interface: 'power', step: 'on', args: {}, priority: 1, abortable: true, in_band: false }],
      });
      expect(await jobs.get(job.id)).to.deep.equal(job);
      expect(await jobs.getByUuid(job.uuid)).to.deep.equal(job);
      expect(await jobs.list({ where: { node_uuid: node.uuid } })).to.deep.equal([job]);
      expect(job.run_at).to.be.within(before, await now());
      expect(job).to.include({
        state: 'queued',
        fencing_token: 0,
        claimed_by: null,
        result: null,
        error: null,
      });
      const bare = await jobs.insert(newJob());
      expect(bare).to.include({ steps: null, started_at: null, deadline_at: null });
      expect(await jobs.get(bare.id)).to.deep.equal(bare);
    });

    it('keep what was asked of the BMC, and give the journals of several at once', async () => {
      const { store } = bench();
      const jobs = [await claimed(store), await claimed(store)];
      const ids = jobs.map(({ claim }) => claim.job_id);
      const said = [
        { command: 'read the power state', answer: 'power on', at: 1, times: 3, duration_ms: 12 },
      ];
      for (const job_id of ids) {
        const entry = {
          job_id,
          step_index: 0,
          interface: 'power',
          step: 'on',
          fencing_token: 1,
          conductor: 'c1',
        };
        const id = await store.jobs.startStep(entry);
        await store.jobs.endStep(id, 'done', null, job_id === ids[0] ? said : null);
      }
      const entries = await store.jobs.journals(ids);
      expect(entries.map(({ job_id, commands }) => [job_id, commands])).to.deep.equal([
        [ids[0], said],
        [ids[1], null],
      ]);
      expect(await store.jobs.journals([])).to.deep.equal([]);
    });

    it('that have not ended are counted by kind and state, with the age of the oldest', async () => {
      const { store } = bench();
      const of = async () => (await store.jobs.backlog()).filter(({ kind }) => kind === 'unrescue');
      expect(await of()).to.deep.equal([]);
      const now = await store.now();
      for (const age_ms of [3_600_000, 60_000, -60_000])
        await store.jobs.insert(newJob({ kind: 'unrescue', run_at: now - age_ms }));
      const { claim } = await claimed(store, { kind: 'unrescue' });
      const [queued, running] = (await of()).toSorted((a, b) => a.state.localeCompare(b.state));
      expect(queued).to.include({ kind: 'unrescue', state: 'queued', count: 3 });
      expect(queued?.oldest_ms).to.be.within(3_600_000, 3_700_000);
      expect(running).to.include({ kind: 'unrescue', state: 'running', count: 1 });
      await store.jobs.update(claim, { state: 'done' });
      expect(await of()).to.have.lengthOf(1);
    });

    it('that ended are removed with their journal, the others stay', async () => {
      const { store } = bench();
      const { claim } = await claimed(store, { kind: 'adopt' });
      await store.jobs.startStep({
        job_id: claim.job_id,
        step_index: 0,
        interface: 'power',
        step: 'x',
        fencing_token: claim.fencing_token,
        conductor: 'c1',
      });
      const running = await claimed(store, { kind: 'adopt' });
      const queued = await store.jobs.insert(newJob({ conductor_group: uniqueName('group'), kind: 'adopt' }));
      expect(await store.jobs.update(claim, { state: 'done' })).to.equal(true);
      expect(await store.jobs.trim({ older_than_ms: 60_000, batch: 100, kinds: ['adopt'] })).to.equal(0);
      expect(await store.jobs.trim({ older_than_ms: 0, batch: 100, kinds: ['call'] })).to.equal(0);
      expect(await store.jobs.trim({ older_than_ms: 0, batch: 100, kinds: ['adopt'] })).to.equal(1);
      expect(await store.jobs.get(claim.job_id)).to.equal(null);
      expect(await store.jobs.journal(claim.job_id)).to.deep.equal([]);
      for (const id of [running.claim.job_id, queued.id]) expect(await store.jobs.get(id)).not.to.equal(null);
    });

    it('are written by the holder of the claim', async () => {
      const { store } = bench();
      const { claim, inserted } = await claimed(store);
      const step = { interface: 'deploy', step: 'x', args: {}, priority: 0, abortable: false, in_band: true };
      expect(await store.jobs.update(claim, { steps: [step], step_index: 1, step_data: { a: 1 } })).to.equal(
        true,
      );
      expect(
        await store.jobs.update(claim, { state: 'failed', error: { code: 'X', message: 'm', status: 500 } }),
      ).to.equal(true);
      const ended = await store.jobs.get(inserted.id);
      expect(ended).to.deep.include({
        state: 'failed',
        steps: [step],
        step_data: { a: 1 },
        error: { code: 'X', message: 'm', status: 500 },
        lease_expires_at: null,
      });
      expect(ended?.finished_at).to.be.at.least(ended?.created_at ?? 0);
      expect(await store.jobs.update(claim, { result: 1 })).to.equal(false);
    });

    it('keep results of any JSON type', async () => {
      const { store } = bench();
      for (const result of [null, false, 0, 'text', [1, { a: null }], { ok: true }]) {
        const { claim, inserted } = await claimed(store, { kind: 'call' });
        await store.jobs.update(claim, { state: 'done', result });
        expect((await store.jobs.get(inserted.id))?.result).to.deep.equal(result);
      }
    });

    it('go back to the queue for a while', async () => {
      const { store } = bench();
      const { claim, conductor_group, inserted } = await claimed(store);
      await store.jobs.update(claim, { state: 'queued', run_after_ms: 60_000 });
      const job = await store.jobs.get(inserted.id);
      expect(job).to.include({ state: 'queued', claimed_by: null, lease_expires_at: null, fencing_token: 1 });
      expect(job?.run_at).to.be.at.least((job?.started_at ?? 0) + 60_000);
      expect(
        await store.jobs.claim({ claimed_by: 'c', conductor_group, lease_ms: 1, limit: 9 }),
      ).to.deep.equal([]);
      expect(await store.jobs.nextDue(conductor_group)).to.be.within(1, 60_000);
    });

    it('wait, and are woken only by what they wait for', async () => {
      const { store } = bench();
      const node = await store.nodes.create(newNode());
      const { claim, conductor_group, inserted } = await claimed(store, { node_uuid: node.uuid });
      expect(await store.jobs.wake(node.uuid, ['heartbeat'])).to.equal(null);
      await store.jobs.update(claim, { state: 'waiting', wait_for: 'heartbeat', wait_within_ms: 60_000 });
      const waiting = await store.jobs.get(inserted.id);
      expect(waiting).to.include({ state: 'waiting', wait_for: 'heartbeat', claimed_by: null });
      expect(waiting?.deadline_at).to.be.at.least(waiting?.created_at ?? 0);
      expect(await store.jobs.nextDue(conductor_group)).to.be.within(1, 60_000);
      expect(await store.jobs.wake(node.uuid, ['unhold', 'inspection'])).to.equal(null);
      expect(await store.jobs.wake(node.uuid, [])).to.equal(null);
      expect(await store.jobs.wake(node.uuid, ['inspection', 'heartbeat'])).to.equal(inserted.id);
      expect(await store.jobs.wake(node.uuid, ['heartbeat'])).to.equal(null);
      expect(await store.jobs.get(inserted.id)).to.include({
        state: 'queued',
        wait_for: 'heartbeat',
        deadline_at: null,
      });
      expect(await store.jobs.nextDue(conductor_group)).to.equal(0);
      const [again] = await store.jobs.claim({
        claimed_by: 'c2',
        conductor_group,
        lease_ms: 60_000,
        limit: 1,
      });
      expect(again).to.deep.include({ due: 'queued' });
      expect(again?.job).to.include({ fencing_token: 2, wait_for: 'heartbeat' });
    });

    it('wait without a limit when none is set, whatever earlier waits had', async () => {
      const { store } = bench();
      const { claim, conductor_group, inserted } = await claimed(store, { deadline_at: 1 });
      await store.jobs.update(claim, { state: 'waiting', wait_for: 'unhold' });
      expect(await store.jobs.get(inserted.id)).to.include({ state: 'waiting', deadline_at: null });
      expect(await store.jobs.nextDue(conductor_group)).to.equal(null);
    });

    it('are due when their deadline has passed', async () => {
      const { store } = bench();
      const { claim, conductor_group } = await claimed(store);
      await store.jobs.update(claim, { state: 'waiting', wait_for: 'heartbeat', wait_within_ms: 0 });
      const [ended] = await store.jobs.claim({
        claimed_by: 'c2',
        conductor_group,
        lease_ms: 60_000,
        limit: 1,
      });
      expect(ended).to.deep.include({ due: 'deadline' });
      expect(ended?.job).to.include({ wait_for: 'heartbeat', state: 'running' });
    });

    it('are cancelled while nobody runs them', async () => {
      const { store } = bench();
      const node = await store.nodes.create(newNode());
      const { claim, inserted: running } = await claimed(store, { node_uuid: node.uuid });
      const { claim: other, inserted: waiting } = await claimed(store, { node_uuid: node.uuid });
      await store.jobs.update(other, { state: 'waiting', wait_for: 'heartbeat', wait_within_ms: 60_000 });
      const queued = await store.jobs.insert(
        newJob({ node_uuid: node.uuid, conductor_group: uniqueName('group') }),
      );
      const ended = await store.jobs.cancelIdle(node.uuid, 'The node is deleted.');
      expect(ended).to.deep.equal([waiting.id, queued.id]);
      const job = await store.jobs.get(queued.id);
      expect(job).to.include({ state: 'cancelled' });
      expect(job?.error?.message).to.equal('The node is deleted.');
      expect(job?.finished_at).to.be.a('number');
      expect(await store.jobs.get(running.id)).to.include({ state: 'running' });
      expect(await store.jobs.update(claim, { state: 'done' })).to.equal(true);
      expect(await store.jobs.cancelIdle(node.uuid, 'again')).to.deep.equal([]);
    });

    it('are asked to stop after their step', async () => {
      const { store } = bench();
      const queued = await store.jobs.insert(newJob({ conductor_group: uniqueName('group') }));
      expect(await store.jobs.requestAbort(queued.id)).to.equal(false);
      const { inserted } = await claimed(store);
      expect(await store.jobs.requestAbort(inserted.id)).to.equal(true);
      expect(await store.jobs.get(inserted.id)).to.include({ abort_after: true });
    });

    it('are ended whoever holds them, and the holder can write no more', async () => {
      const { store } = bench();
      const { inserted, taken, claim } = await claimed(store);
      expect(await store.jobs.revoke(inserted.id, taken.job.fencing_token - 1, 'no')).to.equal(false);
      expect(await store.jobs.revoke(inserted.id, taken.job.fencing_token, 'broken')).to.equal(true);
      expect(await store.jobs.update(claim, { step_index: 7 })).to.equal(false);
      expect(await store.jobs.renew([claim], 60_000)).to.deep.equal([]);
      const ended = await store.jobs.get(inserted.id);
      expect(ended).to.include({ state: 'cancelled', step_index: 0 });
      // Until then, or until it says that it has stopped, the holder may be at work outside the database.
      expect(ended?.lease_expires_at).to.equal(taken.job.lease_expires_at);
      expect(ended?.error?.message).to.equal('broken');
      await store.jobs.left({ ...claim, fencing_token: claim.fencing_token - 1 });
      expect((await store.jobs.get(inserted.id))?.lease_expires_at).to.equal(taken.job.lease_expires_at);
      await store.jobs.left(claim);
      expect((await store.jobs.get(inserted.id))?.lease_expires_at).to.equal(null);
      expect(await store.jobs.revoke(inserted.id, ended?.fencing_token ?? 0, 'again')).to.equal(false);
    });

    it('keep a journal of their steps', async () => {
      const { store } = bench();
      const { claim, inserted } = await claimed(store);
      const entry = {
        job_id: inserted.id,
        interface: 'deploy',
        fencing_token: claim.fencing_token,
        conductor: 'c1',
      };
      const first = await store.jobs.startStep({ ...entry, step_index: 0, step: 'write_image' });
      await store.jobs.endStep(first, 'done', null);
      const second = await store.jobs.startStep({ ...entry, step_index: 1, step: 'boot' });
      const rows = await store.jobs.journal(inserted.id);
      expect(rows.map((row) => [row.id, row.step, row.outcome])).to.deep.equal([
        [first, 'write_image', 'done'],
        [second, 'boot', null],
      ]);
      expect(rows[0]?.ended_at).to.be.at.least(rows[0]?.started_at ?? 0);
      expect(rows[1]).to.include({ ended_at: null, detail: null });
    });
  });
}
