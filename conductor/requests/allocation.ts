import type { New, Tables } from '../../db/store.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { AllocationRecord, NodeRecord } from '../../lifecycle/records.ts';
import { isUpdatable } from '../../lifecycle/states.ts';
import { allocatedTo, hasTraits } from '../allocate.ts';
import { jobQueue } from '../bus/bus.ts';
import { audit } from './audit.ts';
import { whileFree } from './node.ts';
import { asRead, type RequestDeps } from './reserve.ts';

/** Creates an allocation and starts the search for its node, or takes `node`: see ConductorClient.createAllocation. */
export async function createAllocation(
  deps: RequestDeps,
  wanted: New<AllocationRecord>,
  node: NodeRecord | null,
  caller: Caller,
): Promise<AllocationRecord> {
  if (node !== null) return backfill(deps, wanted, node, caller);
  const conductor_group = await deps.placement.anyGroup();
  const { allocation, job } = await deps.store.transaction(async (tables) => {
    const allocation = await tables.allocations.create({ ...wanted, state: 'allocating' });
    const job = await tables.jobs.insert({
      kind: 'allocate',
      node_uuid: null,
      conductor_group,
      exclusive: false,
      args: { allocation_uuid: allocation.uuid },
      request_id: caller.request_id,
      user: caller.user_id,
      project: caller.project_id,
    });
    await auditCreation(deps, tables, allocation, caller);
    return { allocation, job };
  });
  await deps.bus.send(jobQueue(conductor_group), { job_id: job.id });
  return allocation;
}

/** Records an allocation of a node that is in use already (ironic API 1.58). What is refused stays as an error. */
async function backfill(
  deps: RequestDeps,
  wanted: New<AllocationRecord>,
  node: NodeRecord,
  caller: Caller,
): Promise<AllocationRecord> {
  await deps.placement.requireHost(node);
  const allocation = await deps.store.transaction(async (tables) => {
    const created = await tables.allocations.create({ ...wanted, state: 'allocating' });
    await auditCreation(deps, tables, created, caller);
    return created;
  });
  try {
    return await whileFree(deps, node, async (fresh) => {
      refuseMismatch(fresh, allocation);
      return deps.store.transaction(async (tables) => {
        const taken = await tables.nodes.update(fresh.uuid, allocatedTo(fresh, allocation), asRead(fresh));
        if (taken === null) return null;
        return tables.allocations.update(allocation.uuid, { state: 'active', node_uuid: fresh.uuid });
      });
    });
  } catch (error) {
    const last_error = error instanceof Error ? error.message : 'The allocation failed.';
    await deps.store.allocations.update(allocation.uuid, { state: 'error', last_error });
    throw error;
  }
}

function auditCreation(
  { settings }: RequestDeps,
  tables: Tables,
  { uuid, name, resource_class }: AllocationRecord,
  caller: Caller,
): Promise<void> {
  const detail = { uuid, name, resource_class };
  return audit(tables, settings, null, caller, { action: 'allocations.create', detail });
}

function auditDeletion(
  { settings }: RequestDeps,
  tables: Tables,
  node_uuid: string | null,
  uuid: string,
  caller: Caller,
): Promise<void> {
  return audit(tables, settings, node_uuid, caller, { action: 'allocations.delete', detail: { uuid } });
}

/** @throws AllocationFailed, NodeAssociated */
function refuseMismatch(node: NodeRecord, allocation: AllocationRecord): void {
  const { uuid, resource_class, traits, candidate_nodes } = allocation;
  const problems: string[] = [];
  if (node.provision_state !== 'active') problems.push(`it is ${node.provision_state}, not active`);
  if (resource_class !== null && node.resource_class !== resource_class)
    problems.push(`its resource class is ${node.resource_class}, not ${resource_class}`);
  if (!hasTraits(node, traits)) problems.push(`it lacks some of the traits ${traits.join(', ')}`);
  if (candidate_nodes.length > 0 && !candidate_nodes.includes(node.uuid))
    problems.push('it is none of the candidate nodes');
  if (problems.length > 0) {
    const why = `node ${node.uuid} cannot be its node: ${problems.join('; ')}.`;
    throw serviceError('AllocationFailed', { uuid, why });
  }
  if (node.instance_uuid !== null && node.instance_uuid !== uuid)
    throw serviceError('NodeAssociated', { node: node.uuid, instance: node.instance_uuid });
}

/** Deletes an allocation and frees its node: see ConductorClient.destroyAllocation. */
export async function destroyAllocation(
  deps: RequestDeps,
  allocation: AllocationRecord,
  caller: Caller,
): Promise<void> {
  const { store } = deps;
  const { uuid } = allocation;
  let current: AllocationRecord | null = allocation;
  while (current !== null) {
    const node: NodeRecord | null =
      current.node_uuid === null ? null : await store.nodes.get(current.node_uuid);
    const gone =
      node === null ? await deleteUnmatched(deps, uuid, caller) : await release(deps, node, uuid, caller);
    if (gone) return;
    current = await store.allocations.get(uuid);
  }
  throw serviceError('NotFound', { kind: 'Allocation', ident: uuid });
}

/** False: it has a node by now, or is gone. */
async function deleteUnmatched(deps: RequestDeps, uuid: string, caller: Caller): Promise<boolean> {
  return deps.store.transaction(async (tables) => {
    const held = await tables.allocations.update(uuid, { state: 'error' }, { node_uuid: null });
    if (held === null) return false;
    await auditDeletion(deps, tables, null, uuid, caller);
    return tables.allocations.delete(uuid);
  });
}

/** False: the allocation is gone. @throws NodeLocked, Conflict */
function release(deps: RequestDeps, node: NodeRecord, uuid: string, caller: Caller): Promise<boolean> {
  return whileFree(deps, node, async (fresh) => {
    refuseDeallocation(fresh, uuid);
    const { traits: _, ...instance_info } = fresh.instance_info;
    const freed = { instance_uuid: null, allocation_uuid: null, instance_info };
    return deps.store.transaction(async (tables) => {
      if (fresh.allocation_uuid === uuid) {
        if ((await tables.nodes.update(fresh.uuid, freed, asRead(fresh))) === null) return null;
      }
      await auditDeletion(deps, tables, fresh.uuid, uuid, caller);
      return tables.allocations.delete(uuid);
    });
  });
}

/** @throws Conflict while the node is in use or under way, unless it is in maintenance */
function refuseDeallocation(node: NodeRecord, uuid: string): void {
  if (node.maintenance) return;
  const under_way = node.target_provision_state !== null && !isUpdatable(node.provision_state);
  if (!under_way && node.provision_state !== 'active') return;
  throw serviceError('Conflict', {
    why: `Cannot remove allocation ${uuid} for node ${node.uuid}: the node is in state "${node.provision_state}" and not in maintenance.`,
  });
}
