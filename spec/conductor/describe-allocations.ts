import { expect } from 'chai';
import type { AllocationRecord, NodeRecord } from '../../lifecycle/records.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench } from './conductor-bench.ts';

/** What every database must do with allocations. */
export function describeAllocations(startBench: () => Promise<ConductorBench>): void {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startBench();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  const free: Partial<NodeRecord> = {
    provision_state: 'available',
    power_state: 'power off',
    resource_class: 'gold',
  };

  async function traited(traits: string[], fields: Partial<NodeRecord> = {}): Promise<NodeRecord> {
    const node = await bench.node({ ...free, ...fields });
    await bench.store.nodes.setTraits(node.uuid, traits);
    return bench.read(node);
  }

  function ask(fields: Partial<AllocationRecord> = {}): Promise<AllocationRecord> {
    return bench.client.createAllocation({ resource_class: 'gold', ...fields }, null, CALLER);
  }

  function decided({ uuid }: AllocationRecord): Promise<AllocationRecord> {
    return eventually(async () => {
      const now = await bench.store.allocations.get(uuid);
      if (now === null || now.state === 'allocating') throw new Error(`It is ${now?.state ?? 'gone'}.`);
      return now;
    }, 20_000);
  }

  async function outcome(fields: Partial<AllocationRecord> = {}): Promise<AllocationRecord> {
    return decided(await ask(fields));
  }

  it('give 50 nodes to 200 allocations at once, each at most once', async () => {
    const nodes = await Promise.all(Array.from({ length: 50 }, () => bench.node(free)));
    await bench.start('conductor-1');
    await bench.start('conductor-2');
    const asked = await Promise.all(Array.from({ length: 200 }, () => ask()));
    const ended = await Promise.all(asked.map(decided));
    const active = ended.filter(({ state }) => state === 'active');
    expect(new Set(active.map(({ node_uuid }) => node_uuid))).to.have.lengthOf(50);
    expect(active).to.have.lengthOf(50);
    const failed = ended.filter(({ state }) => state === 'error');
    expect(failed.every(({ last_error, node_uuid }) => last_error !== null && node_uuid === null)).to.equal(
      true,
    );
    for (const { uuid, allocation_uuid, instance_uuid } of await Promise.all(nodes.map(bench.read))) {
      const own = active.find(({ node_uuid }) => node_uuid === uuid);
      expect([allocation_uuid, instance_uuid]).to.deep.equal([own?.uuid, own?.uuid]);
    }
  }).timeout(60_000);

  it('ask for a class, traits and candidates, and leave their traits on the node', async () => {
    await bench.start();
    const plain = await bench.node(free);
    const fast = await traited(['CUSTOM_FAST', 'CUSTOM_GPU']);
    await traited(['CUSTOM_FAST'], { resource_class: 'silver' });
    const first = await outcome({ traits: ['CUSTOM_FAST'] });
    expect(first).to.include({ state: 'active', node_uuid: fast.uuid, last_error: null });
    expect((await bench.read(fast)).instance_info).to.deep.equal({ traits: ['CUSTOM_FAST'] });
    const second = await outcome({ candidate_nodes: [plain.uuid] });
    expect(second).to.include({ state: 'active', node_uuid: plain.uuid });
    expect((await bench.read(plain)).instance_info).to.deep.equal({ traits: [] });
  });

  it('fail for good, and say what is missing', async () => {
    await bench.start();
    const node = await bench.node(free);
    expect(await outcome({ traits: ['CUSTOM_FAST'] })).to.include({ state: 'error' });
    expect((await outcome({ traits: ['CUSTOM_FAST'] })).last_error).to.contain('traits CUSTOM_FAST');
    expect((await outcome({ resource_class: 'silver' })).last_error).to.contain('silver');
    const other = await bench.node({ ...free, maintenance: true });
    expect((await outcome({ candidate_nodes: [other.uuid] })).last_error).to.contain('requested nodes');
    expect(await bench.read(node)).to.include({ instance_uuid: null, allocation_uuid: null });
  });

  for (const [why, fields] of [
    ['in maintenance', { maintenance: true }],
    ['not available', { provision_state: 'manageable' }],
    ['of unknown power', { power_state: null }],
    ['in use', { instance_uuid: 'b0aa1fd2-0c1b-4c73-a24a-9ad1d0b0a4a7' }],
  ] as const)
    it(`pass over nodes ${why}`, async () => {
      await bench.start();
      await bench.node({ ...free, ...fields });
      expect(await outcome()).to.include({ state: 'error', node_uuid: null });
    });

  it('stay within the nodes that their owner owns or leases', async () => {
    await bench.start();
    await bench.node(free);
    await bench.node({ ...free, owner: 'p2' });
    const leased = await bench.node({ ...free, owner: 'p2', lessee: 'p1' });
    expect(await outcome({ owner: 'p1' })).to.include({ state: 'active', node_uuid: leased.uuid });
    expect(await outcome({ owner: 'p1' })).to.include({ state: 'error' });
  });

  it('prefer the node of their own name', async () => {
    await bench.start();
    for (let made = 0; made < 10; made++) await bench.node(free);
    const same = await bench.node({ ...free, name: 'db-7' });
    expect(await outcome({ name: 'db-7' })).to.include({ state: 'active', node_uuid: same.uuid });
  });

  it('pass over locked nodes', async () => {
    await bench.start();
    for (let made = 0; made < 10; made++) await bench.node({ ...free, reservation: 'someone' });
    const unlocked = await bench.node(free);
    expect(await outcome()).to.include({ state: 'active', node_uuid: unlocked.uuid });
    expect((await outcome()).last_error).to.contain('locked');
  });

  it('are taken over from a conductor that died', async () => {
    const locked = await bench.node({ ...free, reservation: 'someone' });
    const first = await bench.start('conductor-1');
    const allocation = await ask();
    await eventually(async () => {
      const [job] = await bench.store.jobs.list({ where: { kind: 'allocate' } });
      if (job?.claimed_by !== 'conductor-1') throw new Error('Not claimed yet.');
    });
    first.halt();
    await bench.store.nodes.update(locked.uuid, { reservation: null });
    await bench.start('conductor-2');
    expect(await decided(allocation)).to.include({ state: 'active', node_uuid: locked.uuid });
    const [job] = await bench.store.jobs.list({ where: { kind: 'allocate' } });
    expect(job).to.include({ claimed_by: 'conductor-2', state: 'done' });
  });

  it('that are deleted free their node', async () => {
    await bench.start();
    const node = await bench.node({ ...free, instance_info: { kept: true } });
    const allocation = await outcome();
    await bench.client.destroyAllocation(allocation, CALLER);
    expect(await bench.store.allocations.get(allocation.uuid)).to.equal(null);
    const freed = await bench.read(node);
    expect([freed.instance_uuid, freed.allocation_uuid]).to.deep.equal([null, null]);
    expect(freed.instance_info).to.deep.equal({ kept: true });
  });

  it('that are deleted while they are decided hold no node', async () => {
    const node = await bench.node(free);
    await bench.start('conductor-1');
    await Promise.all(
      Array.from({ length: 20 }, async () => bench.client.destroyAllocation(await ask(), CALLER)),
    );
    await eventually(async () => {
      const open = await bench.store.jobs.list({ where: { kind: 'allocate', state: ['queued', 'running'] } });
      if (open.length > 0) throw new Error(`${open.length} jobs are open.`);
    }, 10_000);
    expect(await bench.read(node)).to.include({ instance_uuid: null, allocation_uuid: null });
    expect(await bench.store.allocations.count()).to.equal(0);
  });

  it('cannot be deleted while their node is active, except in maintenance', async () => {
    await bench.start();
    const node = await bench.node(free);
    const allocation = await outcome();
    await bench.store.nodes.update(node.uuid, { provision_state: 'active' });
    expect(await refusal(bench.client.destroyAllocation(allocation, CALLER))).to.equal('Conflict');
    await bench.store.nodes.update(node.uuid, { maintenance: true });
    await bench.client.destroyAllocation(allocation, CALLER);
    expect(await bench.read(node)).to.include({ instance_uuid: null, allocation_uuid: null });
  });

  it('end with the instance', async () => {
    await bench.start();
    const node = await bench.node(free);
    const allocation = await outcome();
    await bench.client.provision(await bench.read(node), 'active', {}, CALLER);
    await bench.settled(node, 'active');
    await bench.client.provision(await bench.read(node), 'deleted', {}, CALLER);
    const back = await bench.settled(node, 'available');
    expect(back).to.include({ instance_uuid: null, allocation_uuid: null });
    expect(await bench.store.allocations.get(allocation.uuid)).to.equal(null);
  });

  it('can be recorded for a node that is active already', async () => {
    await bench.start();
    const instance_uuid = 'b0aa1fd2-0c1b-4c73-a24a-9ad1d0b0a4a7';
    const node = await bench.node({ ...free, provision_state: 'active', instance_uuid });
    const wanted = { uuid: instance_uuid, resource_class: 'gold' };
    const allocation = await bench.client.createAllocation(wanted, node, CALLER);
    expect(allocation).to.include({ state: 'active', node_uuid: node.uuid });
    expect(await bench.read(node)).to.include({ allocation_uuid: instance_uuid, instance_uuid });
  });

  it('are refused for an active node of another instance or class, and stay as errors', async () => {
    await bench.start();
    const instance_uuid = 'b0aa1fd2-0c1b-4c73-a24a-9ad1d0b0a4a7';
    const used = await bench.node({ ...free, provision_state: 'active', instance_uuid });
    const idle = await bench.node(free);
    const other = { resource_class: 'gold' };
    expect(await refusal(bench.client.createAllocation(other, used, CALLER))).to.equal('NodeAssociated');
    expect(await refusal(bench.client.createAllocation(other, idle, CALLER))).to.equal('AllocationFailed');
    const kept = await bench.store.allocations.list();
    expect(kept.map(({ state, node_uuid }) => [state, node_uuid])).to.deep.equal([
      ['error', null],
      ['error', null],
    ]);
  });

  it('need a conductor', async () => {
    await bench.node(free);
    expect(await refusal(ask())).to.equal('ServiceUnavailable');
    expect(await bench.store.allocations.count()).to.equal(0);
  });
}

/** The code of the ServiceError that a call ends with. */
async function refusal(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => null,
    (error: unknown) => (error as { code?: string }).code,
  );
}
