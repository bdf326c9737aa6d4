import type { NodeScope } from '../../db/store.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { isHostName, isUuidLike, LOGICAL_NAME } from '../http/value-syntax.ts';
import { isServiceError, RoutingError } from '../http/wire-error.ts';
import type { Api, ApiRequest } from './handler.ts';
import { since } from './microversions.ts';
import type { Policy, PolicyTarget } from './policy/policy.ts';

/** What finding a node takes. */
type NodeFinder = Pick<Api, 'policy' | 'store'>;

/** What policy rules on a node look at. */
export function nodeTarget(node: Pick<NodeRecord, 'owner' | 'lessee'>): PolicyTarget {
  return { 'node.owner': node.owner, 'node.lessee': node.lessee };
}

/**
 * The node behind an identifier of a path, if the caller may see it: a hidden node is missing (reference: policy,
 * visibility_first).
 * @throws NotFound, RoutingError 400 (neither uuid nor name)
 */
export async function findNode(api: NodeFinder, request: ApiRequest, ident: string): Promise<NodeRecord> {
  const node = await withJsonSuffix(request, ident, (name) => lookUpNode(api, request, name));
  if (node === null || !api.policy.allows('baremetal:node:get', nodeTarget(node), request.caller)) {
    throw nodeNotFound(ident);
  }
  return node;
}

/**
 * The node of the path, if the caller may do what `rules` name.
 * @throws NotFound, NotAuthorized
 */
export async function findNodeFor(
  api: NodeFinder,
  request: ApiRequest,
  ...rules: string[]
): Promise<NodeRecord> {
  const node = await findNode(api, request, request.params.node ?? '');
  for (const rule of rules) api.policy.authorize(rule, nodeTarget(node), request.caller);
  return node;
}

/** The record behind a uuid or name, whoever asks; null when there is none. @throws RoutingError 400 */
export async function lookUpNode(
  api: NodeFinder,
  request: ApiRequest,
  ident: string,
): Promise<NodeRecord | null> {
  if (isUuidLike(ident)) return api.store.nodes.get(ident.toLowerCase());
  if (!since('node_names', request.minor)) return null;
  if (!isNodeName(ident, request.minor)) {
    throw new RoutingError(400, `Expected a logical name or UUID but received ${ident}.`);
  }
  return api.store.nodes.getByName(ident);
}

/** Whether a node may be called so at 1.`minor`. */
export function isNodeName(name: string, minor: number): boolean {
  return since('any_node_name', minor) ? LOGICAL_NAME.test(name) : isHostName(name);
}

/**
 * Runs a look-up as clients below 1.91 expect: `.json` at the end of an identifier is a format, unless an object of the
 * whole name exists.
 */
export async function withJsonSuffix<T>(
  request: Pick<ApiRequest, 'minor' | 'versioned'>,
  ident: string,
  lookUp: (ident: string) => Promise<T | null>,
): Promise<T | null> {
  const strips = ident.endsWith('.json') && request.versioned && !since('plain_json_suffix', request.minor);
  return strips ? ((await lookUp(ident.slice(0, -5))) ?? lookUp(ident)) : lookUp(ident);
}

export function nodeNotFound(ident: string) {
  return serviceError('NotFound', { kind: 'Node', ident });
}

/**
 * What a list may show (reference: policy, list_filter): undefined = everything, else the caller's project.
 * @param wanted_project a project that the query asks for.
 * @throws NotAuthorized
 */
export function listProject(
  policy: Policy,
  resource: string,
  caller: Caller,
  wanted_project?: string,
): string | undefined {
  if (policy.allows(`baremetal:${resource}:list_all`, {}, caller)) return wanted_project;
  if (caller.project_id === null || (wanted_project !== undefined && wanted_project !== caller.project_id)) {
    policy.authorize(`baremetal:${resource}:list_all`, {}, caller);
  }
  policy.authorize(`baremetal:${resource}:list`, {}, caller);
  return caller.project_id ?? undefined;
}

/** A project as a node filter. */
export function projectScope(project: string | undefined): NodeScope {
  return project === undefined ? {} : { project };
}

/**
 * A node that another object is to be linked with (port.node_uuid, node.parent_node): it must be visible and of the same
 * owner. The message never says which of the two failed.
 * @throws InvalidParameterValue
 */
export async function findLinkedNode(
  api: Api,
  request: ApiRequest,
  field: string,
  ident: string,
  owner: string | null,
): Promise<NodeRecord> {
  const refused = serviceError('InvalidParameterValue', {
    why: `Unable to apply the requested ${field} '${ident}'. Requested value was invalid.`,
  });
  const node = await findNode(api, request, ident).catch((error: unknown) => {
    if (isServiceError(error, 'NotFound') || error instanceof RoutingError) throw refused;
    throw error;
  });
  if (node.owner !== owner) throw refused;
  return node;
}
