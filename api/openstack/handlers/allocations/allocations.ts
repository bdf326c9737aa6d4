import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { AllocationRecord, NodeRecord } from '../../../../lifecycle/records.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { requireByIdent } from '../../named-object.ts';
import { listProject, lookUpNode, nodeNotFound, nodeTarget, withJsonSuffix } from '../../node-access.ts';
import { readFields } from '../../paging.ts';
import {
  announced,
  applyChanges,
  listReply,
  patchedChanges,
  type SimpleResource,
  wholeReply,
} from '../../simple-resource.ts';
import { viewContext } from '../../view-context.ts';
import { ALLOCATION_VIEW } from '../../views/allocation.ts';
import { checkAllocationName, invalid, isVisible, missing } from './allocation-access.ts';

/** Allocations, as PATCH and lists work with them. */
export const ALLOCATIONS: SimpleResource<'allocation', AllocationRecord> = {
  kind: 'Allocation',
  object: 'allocation',
  collection: 'allocations',
  view: ALLOCATION_VIEW,
  table: (tables) => tables.allocations,
  patchable: ['name', 'extra'],
  schema: 'allocation_patch',
  read(body) {
    const name = typeof body.name === 'string' && body.name !== '' ? body.name : null;
    if (name !== null) checkAllocationName(name);
    return { name, extra: (body.extra ?? {}) as JsonObject };
  },
};

/** GET /v1/allocations: all, or the caller's own. */
export const listAllocations: Handler = async (request, api) => {
  const { node: node_ident, resource_class, state, owner } = request.query;
  const project = listProject(api.policy, 'allocation', request.caller, owner);
  const node = node_ident === undefined ? null : await filterNode(api, request, node_ident);
  const where = {
    ...(node === null ? {} : { node_uuid: node.uuid }),
    ...(resource_class === undefined ? {} : { resource_class }),
    ...(state === undefined ? {} : { state: state as AllocationRecord['state'] }),
    ...(project === undefined ? {} : { owner: project }),
  };
  return listReply(request, api, ALLOCATIONS, { where });
};

/** GET /v1/allocations/{allocation} */
export const showAllocation: Handler = async (request, api) => {
  const view = api.views.get(ALLOCATION_VIEW, request.minor, readFields(request));
  const allocation = await findAllocation(api, request);
  return { status: 200, body: view.render(allocation, viewContext(request, api)) };
};

/** PATCH /v1/allocations/{allocation} */
export const patchAllocation: Handler = async (request, api) => {
  const allocation = await findAllocation(api, request, 'baremetal:allocation:update');
  const changes = patchedChanges(request, api, ALLOCATIONS, allocation);
  const changed = await applyChanges(request, api, ALLOCATIONS, allocation, changes);
  return wholeReply(request, api, ALLOCATIONS, changed, 200);
};

/** DELETE /v1/allocations/{allocation} */
export const deleteAllocation: Handler = async (request, api) => {
  const allocation = await findAllocation(api, request, 'baremetal:allocation:delete');
  await announced(api, ALLOCATIONS, 'delete', allocation, () =>
    api.conductor.destroyAllocation(allocation, request.caller),
  );
  return { status: 204 };
};

/** GET /v1/nodes/{node}/allocation. An unknown node is 400 here, as in Ironic. */
export const showNodeAllocation: Handler = async (request, api) => {
  const ident = request.params.node ?? '';
  const view = api.views.get(ALLOCATION_VIEW, request.minor, readFields(request));
  const allocation = await allocationOf(api, await filterNode(api, request, ident), ident);
  api.policy.authorize('baremetal:allocation:get', { 'allocation.owner': allocation.owner }, request.caller);
  return { status: 200, body: view.render(allocation, viewContext(request, api)) };
};

/** DELETE /v1/nodes/{node}/allocation */
export const deleteNodeAllocation: Handler = async (request, api) => {
  const ident = request.params.node ?? '';
  const node = await withJsonSuffix(request, ident, (name) => lookUpNode(api, request, name));
  if (node === null || !isVisibleNode(api, request, node)) throw nodeNotFound(ident);
  const allocation = await allocationOf(api, node, ident);
  const target = { 'allocation.owner': allocation.owner };
  api.policy.authorize('baremetal:allocation:delete', target, request.caller);
  await announced(api, ALLOCATIONS, 'delete', allocation, () =>
    api.conductor.destroyAllocation(allocation, request.caller),
  );
  return { status: 204 };
};

/**
 * The allocation of the path, if the caller may see it and do what `rule` names: a hidden one is missing.
 * @throws NotFound, NotAuthorized
 */
async function findAllocation(api: Api, request: ApiRequest, rule?: string): Promise<AllocationRecord> {
  const ident = request.params.allocation ?? '';
  const allocation = await requireByIdent(request, api.store.allocations, 'Allocation', ident);
  if (!isVisible(api, request, allocation)) throw missing(ident);
  if (rule !== undefined) {
    api.policy.authorize(rule, { 'allocation.owner': allocation.owner }, request.caller);
  }
  return allocation;
}

/** A node that a list is filtered by. @throws InvalidParameterValue (unknown), NotFound (hidden) */
async function filterNode(api: Api, request: ApiRequest, ident: string): Promise<NodeRecord> {
  const node = await lookUpNode(api, request, ident);
  if (node === null) throw invalid(`Node ${ident} could not be found.`);
  if (!isVisibleNode(api, request, node)) throw nodeNotFound(ident);
  return node;
}

function isVisibleNode(api: Api, { caller }: ApiRequest, node: NodeRecord): boolean {
  return api.policy.allows('baremetal:node:get', nodeTarget(node), caller);
}

/** @throws NotFound */
async function allocationOf(api: Api, node: NodeRecord, ident: string): Promise<AllocationRecord> {
  const [allocation] = await api.store.allocations.list({ where: { node_uuid: node.uuid }, limit: 1 });
  if (allocation === undefined) throw missing(`of node ${ident}`);
  return allocation;
}
