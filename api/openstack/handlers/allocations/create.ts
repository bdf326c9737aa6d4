import { randomUUID } from 'node:crypto';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../../lifecycle/records.ts';
import { isServiceError, RoutingError } from '../../../http/wire-error.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { FIELDS, since } from '../../microversions.ts';
import { lookUpNode, nodeTarget } from '../../node-access.ts';
import { announced, wholeReply } from '../../simple-resource.ts';
import { checkAllocationName, invalid } from './allocation-access.ts';
import { ALLOCATIONS } from './allocations.ts';

/** Who may choose any owner, and any candidate node. */
const UNLIMITED = 'baremetal:allocation:create_restricted';

/** POST /v1/allocations: answers at once, a conductor finds the node. With `node` (1.58) it is recorded only. */
export const createAllocation: Handler = async (request, api) => {
  const body = request.body as JsonObject;
  const owner = ownerOf(api, request, textOf(body.owner));
  const name = textOf(body.name);
  if (name !== null) checkAllocationName(name);
  const node = await backfillNode(api, request, textOf(body.node));
  const resource_class = textOf(body.resource_class) ?? node?.resource_class ?? null;
  if (resource_class === null && node === null) {
    throw invalid('The field resource_class is mandatory, except for the allocation of an active node.');
  }
  const wanted = {
    uuid: textOf(body.uuid)?.toLowerCase() ?? node?.instance_uuid ?? randomUUID(),
    name,
    resource_class,
    traits: (body.traits ?? []) as string[],
    candidate_nodes: await candidateNodes(api, request, (body.candidate_nodes ?? []) as string[]),
    extra: (body.extra ?? {}) as JsonObject,
    owner,
  };
  const allocation = await announced(api, ALLOCATIONS, 'create', wanted, () =>
    api.conductor.createAllocation(wanted, node, request.caller),
  );
  return wholeReply(request, api, ALLOCATIONS, allocation, 201);
};

/**
 * The owner to be written (reference: policy, allocation_create): callers of a project own what they ask for.
 * @throws NotAuthorized, NotAcceptable
 */
function ownerOf(api: Api, request: ApiRequest, wanted: string | null): string | null {
  const { policy, settings } = api;
  const { caller } = request;
  const new_defaults = settings.oslo_policy.enforce_new_defaults;
  const pre_rbac = 'baremetal:allocation:create_pre_rbac';
  let owner = wanted;
  const allowed =
    policy.allows('baremetal:allocation:create', {}, caller) &&
    (new_defaults || wanted !== null || policy.allows(pre_rbac, {}, caller));
  if (!allowed) {
    const foreign = caller.project_id !== null && wanted !== null && wanted !== caller.project_id;
    if (foreign) policy.authorize('baremetal:allocation:create', {}, caller);
    if (wanted !== null && !new_defaults) policy.authorize(pre_rbac, {}, caller);
    policy.authorize(UNLIMITED, {}, caller);
    owner = caller.project_id;
  }
  if ('owner' in (request.body as JsonObject) && request.minor < FIELDS.allocation.owner) {
    throw serviceError('NotAcceptable', {});
  }
  if (!new_defaults || caller.system_scope || caller.unrestricted) return owner;
  if (owner === null) return caller.project_id;
  if (owner !== caller.project_id) policy.authorize(UNLIMITED, {}, caller);
  return owner;
}

/** The active node that the allocation is recorded for. @throws InvalidParameterValue */
async function backfillNode(api: Api, request: ApiRequest, ident: string | null): Promise<NodeRecord | null> {
  if ('node' in (request.body as JsonObject) && !since('allocation_backfill', request.minor)) {
    throw invalid('Cannot set node when creating an allocation in this version of the API.');
  }
  return ident === null ? null : namedNode(api, request, ident);
}

/** The uuids of candidate nodes, in order. @throws InvalidParameterValue for one that is not there, or of others */
async function candidateNodes(api: Api, request: ApiRequest, idents: readonly string[]): Promise<string[]> {
  const { caller } = request;
  const limited = !api.policy.allows(UNLIMITED, {}, caller);
  const uuids: string[] = [];
  for (const ident of idents) {
    const node = await foundNode(api, request, ident);
    const own = node !== null && [node.owner, node.lessee].includes(caller.project_id);
    if (node === null || (limited && !own)) throw invalid(`Node ${ident} could not be found.`);
    uuids.push(node.uuid);
  }
  return uuids;
}

async function namedNode(api: Api, request: ApiRequest, ident: string): Promise<NodeRecord> {
  const node = await foundNode(api, request, ident);
  if (node === null || !api.policy.allows('baremetal:node:get', nodeTarget(node), request.caller)) {
    throw invalid(`Node ${ident} could not be found.`);
  }
  return node;
}

/** Null too for what can be no name. */
function foundNode(api: Api, request: ApiRequest, ident: string): Promise<NodeRecord | null> {
  return lookUpNode(api, request, ident).catch((error: unknown) => {
    if (isServiceError(error, 'NotFound') || error instanceof RoutingError) return null;
    throw error;
  });
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
