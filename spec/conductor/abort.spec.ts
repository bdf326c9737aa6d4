import { expect } from 'chai';
import type { JobKind } from '../../lifecycle/job.ts';
import { clientEvents } from '../../lifecycle/machine.ts';
import { isUnstable, PROVISION_STATES, type ProvisionState, STATES } from '../../lifecycle/states.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

/** The work that waits in each state. */
const KINDS: Readonly<Record<string, JobKind>> = {
  deploy: 'deploy',
  wait: 'deploy',
  clean: 'clean',
  inspect: 'inspect',
  rescue: 'rescue',
  service: 'service',
};

const ENDS: Partial<Record<ProvisionState, ProvisionState>> = {
  'deploy hold': 'deploy failed',
  'wait call-back': 'deploy failed',
  'clean wait': 'clean failed',
  'clean hold': 'clean failed',
  'inspect wait': 'inspect failed',
  'rescue wait': 'rescue failed',
  'service wait': 'active',
  'service hold': 'active',
};

const waitsOrHolds = (state: ProvisionState): boolean => / (wait|hold|call-back)$/.test(state);

describe('abort', () => {
  let bench: ConductorBench;
  before(async () => {
    bench = await startConductorBench({ conductor: { poll_interval: 0.05 } });
    await bench.start();
  });
  after(() => bench[Symbol.asyncDispose]());

  it('is possible in every state that waits or holds', () => {
    const without = PROVISION_STATES.filter(waitsOrHolds).filter(
      (state) => !clientEvents(state).includes('abort'),
    );
    expect(without).to.deep.equal([]);
    expect(PROVISION_STATES.filter(waitsOrHolds)).to.have.members(Object.keys(ENDS));
  });

  it('has a limit by itself besides, in every state that waits for a ramdisk', () => {
    const waiting = PROVISION_STATES.filter((state) => waitsOrHolds(state) && isUnstable(state));
    expect(waiting.filter((state) => !('timeout' in STATES[state]))).to.deep.equal([]);
  });

  for (const state of PROVISION_STATES.filter(waitsOrHolds))
    it(`ends the wait in ${state}, and the work that waits`, async () => {
      const node = await bench.node({ provision_state: state, power_state: 'power off' });
      const kind = KINDS[state.split(' ')[0] ?? ''] ?? 'deploy';
      const job_id = await waiting(node.uuid, kind, state.endsWith('hold') ? 'unhold' : 'heartbeat');
      await bench.client.provision(await bench.read(node), 'abort', {}, CALLER);
      const ended = await bench.settled(node, ENDS[state] ?? state);
      expect(isUnstable(ended.provision_state)).to.equal(false);
      expect(await bench.store.jobs.get(job_id)).to.include({ state: 'cancelled', lease_expires_at: null });
      const left = await bench.store.jobs.list({
        where: { node_uuid: node.uuid, state: ['queued', 'running', 'waiting'] },
      });
      expect(left).to.deep.equal([]);
    });

  /** Leaves a job that waits, as a conductor does. */
  async function waiting(
    node_uuid: string,
    kind: JobKind,
    wait_for: 'heartbeat' | 'unhold',
  ): Promise<number> {
    const conductor_group = 'elsewhere';
    const step = { interface: 'deploy', step: 'x', args: {}, priority: 0, abortable: true, in_band: false };
    const { id } = await bench.store.jobs.insert({
      ...{ kind, node_uuid, conductor_group, exclusive: true, args: {}, steps: [step] },
    });
    const claim = { claimed_by: 'c', conductor_group, lease_ms: 60_000, limit: 1, id };
    const [claimed] = await bench.store.jobs.claim(claim);
    const fencing_token = claimed?.job.fencing_token ?? 0;
    const waits = { state: 'waiting' as const, wait_for, wait_within_ms: 3_600_000 };
    await bench.store.jobs.update({ job_id: id, claimed_by: 'c', fencing_token }, waits);
    return id;
  }
});
