import type { ServerFilter } from '../../../db/store.ts';
import type { Caller } from '../../../lifecycle/caller.ts';
import { serviceError } from '../../../lifecycle/errors.ts';
import type { NodeRecord } from '../../../lifecycle/records.ts';
import type { ServerRecord } from '../../../lifecycle/server-record.ts';
import type { ToolSide } from '../../../lifecycle/tools.ts';
import { isUuidLike } from '../../http/value-syntax.ts';
import type { ApiRequest } from '../../openstack/handler.ts';
import { nodeTarget } from '../../openstack/node-access.ts';
import type { LifecycleApi } from '../handler.ts';

/** A server and its node; no node: it was disposed of. */
export interface FoundServer {
  server: ServerRecord;
  node: NodeRecord | null;
}

/**
 * The server of the path, by uuid or by its node's name, if the caller may do what `rules` name. A server that the caller may not see is missing.
 * @throws NotFound, NotAuthorized
 */
export async function findServer(
  api: Pick<LifecycleApi, 'policy' | 'store'>,
  { params, caller }: Pick<ApiRequest, 'params' | 'caller'>,
  ...rules: string[]
): Promise<FoundServer> {
  const ident = params.server ?? '';
  const missing = serviceError('NotFound', { kind: 'Server', ident });
  const { nodes, servers } = api.store;
  const node = isUuidLike(ident) ? await nodes.get(ident.toLowerCase()) : await nodes.getByName(ident);
  const uuid = node?.uuid ?? (isUuidLike(ident) ? ident.toLowerCase() : null);
  const server = uuid === null ? null : await servers.get(uuid);
  if (server === null || !api.policy.allows('lifecycle:server:get', nodeTarget(server), caller))
    throw missing;
  for (const rule of rules) api.policy.authorize(rule, nodeTarget(server), caller);
  return { server, node };
}

/**
 * What a list may show: everything, or the caller's project.
 * @throws NotAuthorized
 */
export function serverScope(
  { policy }: Pick<LifecycleApi, 'policy'>,
  caller: Caller,
  wanted_project?: string,
): ServerFilter['scope'] & object {
  if (policy.allows('lifecycle:server:list_all', {}, caller))
    return wanted_project === undefined ? {} : { project: wanted_project };
  policy.authorize('lifecycle:server:list', {}, caller);
  if (caller.project_id === null || (wanted_project !== undefined && wanted_project !== caller.project_id))
    policy.authorize('lifecycle:server:list_all', {}, caller);
  return { project: caller.project_id ?? '' };
}

/** Which side's tools the caller has. */
export function sideOf(
  { policy }: Pick<LifecycleApi, 'policy'>,
  server: Pick<ServerRecord, 'owner' | 'lessee'>,
  caller: Caller,
): ToolSide {
  return policy.allows('lifecycle:server:service', nodeTarget(server), caller) ? 'provider' : 'customer';
}
