import type { Tables } from '../db/store.ts';
import { ServiceError, serviceError } from '../lifecycle/errors.ts';
import type { JobRecord } from '../lifecycle/job.ts';
import type { AllocationRecord, NodeRecord } from '../lifecycle/records.ts';
import { isUnavailable } from './job-writer.ts';
import { type Lease, LeaseLost } from './lease.ts';
import type { RunResult } from './runner.ts';
import type { ConductorDeps, NodeChanges } from './step.ts';

/** Thrown to roll a transaction back: the node was faster taken by somebody else, or the allocation is gone. */
class Overtaken extends Error {
  readonly by: 'node' | 'allocation';

  constructor(by: 'node' | 'allocation') {
    super(`The ${by} was changed meanwhile.`);
    this.by = by;
  }
}

/** A node as far as the choice needs it. */
type Candidate = Pick<NodeRecord, 'uuid' | 'name' | 'traits' | 'power_state'>;

/**
 * Finds a node for an allocation (ironic API 1.52): one that is available, free, of the wanted class and traits. Each node
 * is taken by one compare-and-set, so no two allocations get the same; locked ones are passed over, and tried again by the
 * next pass, `[conductor]node_locked_retry_attempts` passes in all. A conductor that dies leaves the job to another one.
 */
export async function runAllocation(
  deps: Pick<ConductorDeps, 'store' | 'settings' | 'clock' | 'log'>,
  job: JobRecord,
  lease: Lease,
): Promise<RunResult> {
  const { store, log } = deps;
  const uuid = String(job.args.allocation_uuid);
  const facts = { job: job.uuid, allocation: uuid, request_id: job.request_id };
  try {
    const allocation = await store.allocations.get(uuid);
    if (allocation?.state !== 'allocating') return await endWithout(deps, lease);
    try {
      const node_uuid = await match(deps, lease, allocation);
      log.info({ ...facts, node: node_uuid }, 'allocation active');
    } catch (error) {
      lease.checkHeld();
      if (error instanceof Overtaken) return await endWithout(deps, lease);
      if (error instanceof LeaseLost || isUnavailable(error)) throw error;
      const failure =
        error instanceof ServiceError
          ? error
          : serviceError('AllocationFailed', { uuid, why: 'an unexpected error; the log has it.' });
      log.warn({ ...facts, err: error }, 'allocation failed');
      await endFailed(deps, lease, allocation, failure);
    }
    return { state: 'ended', followed: false };
  } catch (error) {
    if (!(error instanceof LeaseLost) && !lease.signal.aborted) throw error;
    return { state: 'left' };
  }
}

/** Resolves with the node that was taken. @throws ServiceError AllocationFailed */
async function match(
  deps: Pick<ConductorDeps, 'store' | 'settings' | 'clock'>,
  lease: Lease,
  allocation: AllocationRecord,
): Promise<string> {
  const { node_locked_retry_attempts, node_locked_retry_interval } = deps.settings.conductor;
  let candidates = inOrder(await candidatesFor(deps, allocation), allocation.name);
  for (let pass = 1; ; pass++) {
    const busy: Candidate[] = [];
    for (const candidate of candidates) {
      const taken = await tryNode(deps, lease, allocation, candidate.uuid);
      if (taken === 'taken') return candidate.uuid;
      if (taken === 'busy') busy.push(candidate);
    }
    if (busy.length === 0 || pass >= node_locked_retry_attempts) {
      const why =
        busy.length > 0
          ? `all of the ${busy.length} suitable nodes are locked by other work: try again later.`
          : 'every suitable node was taken by somebody else meanwhile.';
      throw serviceError('AllocationFailed', { uuid: allocation.uuid, why });
    }
    candidates = busy;
    await deps.clock.sleep(node_locked_retry_interval * 1000, lease.signal);
  }
}

/** @throws ServiceError AllocationFailed when there is none */
async function candidatesFor(
  deps: Pick<ConductorDeps, 'store'>,
  allocation: AllocationRecord,
): Promise<Candidate[]> {
  const { uuid, resource_class, candidate_nodes, owner } = allocation;
  const nodes = await deps.store.nodes.list({
    where: {
      resource_class,
      provision_state: 'available',
      instance_uuid: null,
      maintenance: false,
      ...(candidate_nodes.length > 0 ? { uuid: candidate_nodes } : {}),
    },
    ...(owner === null ? {} : { scope: { project: owner } }),
    include_children: true,
    fields: ['uuid', 'name', 'traits', 'power_state'],
  });
  const ready = nodes.filter((node) => node.power_state !== null);
  if (ready.length === 0) {
    const among = candidate_nodes.length > 0 ? 'none of the requested nodes is' : 'no node is';
    const why = `${among} available and of the resource class ${resource_class}.`;
    throw serviceError('AllocationFailed', { uuid, why });
  }
  const suitable = ready.filter((node) => hasTraits(node, allocation.traits));
  if (suitable.length > 0) return suitable;
  const why = `no suitable node has the requested traits ${allocation.traits.join(', ')}.`;
  throw serviceError('AllocationFailed', { uuid, why });
}

/** At random, so that parallel allocations try different nodes first; but first of all the node of the same name. */
function inOrder(candidates: readonly Candidate[], name: string | null): Candidate[] {
  const shuffled = candidates
    .map((node) => ({ node, rank: name !== null && node.name === name ? -1 : Math.random() }))
    .sort((a, b) => a.rank - b.rank);
  return shuffled.map(({ node }) => node);
}

/** Takes a node if it is still suitable. `busy`: it is, but locked. @throws Overtaken when the allocation is gone */
async function tryNode(
  deps: Pick<ConductorDeps, 'store'>,
  lease: Lease,
  allocation: AllocationRecord,
  node_uuid: string,
): Promise<'taken' | 'busy' | 'unsuitable'> {
  lease.checkHeld();
  const node = await deps.store.nodes.get(node_uuid);
  if (node === null || !isSuitable(node, allocation)) return 'unsuitable';
  if (node.reservation !== null) return 'busy';
  try {
    await deps.store.transaction(async (tables) => {
      await endJob(tables, lease, { state: 'done', result: node.uuid });
      const taken = await tables.nodes.update(node.uuid, allocatedTo(node, allocation), {
        reservation: null,
        instance_uuid: null,
        maintenance: false,
        provision_state: 'available',
        updated_at: node.updated_at,
      });
      if (taken === null) throw new Overtaken('node');
      const active = await tables.allocations.update(
        allocation.uuid,
        { state: 'active', node_uuid: node.uuid, last_error: null },
        { state: 'allocating' },
      );
      if (active === null) throw new Overtaken('allocation');
    });
    return 'taken';
  } catch (error) {
    // Whether it was taken or only touched, the next pass finds out.
    if (error instanceof Overtaken && error.by === 'node') return 'busy';
    throw error;
  }
}

function isSuitable(node: NodeRecord, { resource_class, traits }: AllocationRecord): boolean {
  return (
    node.provision_state === 'available' &&
    node.instance_uuid === null &&
    !node.maintenance &&
    node.resource_class === resource_class &&
    hasTraits(node, traits)
  );
}

/** Whether a node has all of these traits. */
export function hasTraits(node: Pick<NodeRecord, 'traits'>, traits: readonly string[]): boolean {
  return traits.every((trait) => node.traits.includes(trait));
}

/** What an allocation writes on its node. */
export function allocatedTo(
  node: NodeRecord,
  allocation: Pick<AllocationRecord, 'uuid' | 'traits'>,
): NodeChanges {
  return {
    instance_uuid: allocation.uuid,
    allocation_uuid: allocation.uuid,
    instance_info: { ...node.instance_info, traits: [...allocation.traits] },
  };
}

/** @throws LeaseLost */
async function endJob(
  tables: Tables,
  lease: Lease,
  end: Parameters<Tables['jobs']['update']>[1],
): Promise<void> {
  if (!(await tables.jobs.update(lease.claim, end))) throw new LeaseLost('The job was taken over.');
}

/** The allocation was deleted, or another conductor had decided it already. */
async function endWithout(deps: Pick<ConductorDeps, 'store'>, lease: Lease): Promise<RunResult> {
  await endJob(deps.store, lease, { state: 'done', result: null });
  return { state: 'ended', followed: false };
}

async function endFailed(
  deps: Pick<ConductorDeps, 'store'>,
  lease: Lease,
  { uuid }: AllocationRecord,
  { code, message, status }: ServiceError,
): Promise<void> {
  await deps.store.transaction(async (tables) => {
    await endJob(tables, lease, { state: 'failed', error: { code, message, status } });
    // One that was deleted meanwhile needs no error.
    await tables.allocations.update(uuid, { state: 'error', last_error: message }, { state: 'allocating' });
  });
}
