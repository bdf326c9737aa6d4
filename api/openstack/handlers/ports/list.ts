import type { ListOptions, Match, NodeScope } from '../../../../db/store.ts';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { NodeRecord, PortRecord } from '../../../../lifecycle/records.ts';
import type { Reply } from '../../../http/reply.ts';
import { isUuidLike, parseMac, wordList } from '../../../http/value-syntax.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { since } from '../../microversions.ts';
import { findNode, listProject, lookUpNode, nodeTarget, projectScope } from '../../node-access.ts';
import { listBody, readPage } from '../../paging.ts';
import { viewContext } from '../../view-context.ts';
import { PORT_VIEW } from '../../views/port.ts';

/** GET /v1/ports, /v1/ports/detail */
export const listPorts: Handler = async (request, api) => {
  const { query } = request;
  const project = listProject(api.policy, 'port', request.caller);
  const node_ident = query.node_uuid ?? query.node;
  refuseTooManyFilters(query, node_ident);
  const where: Match<PortRecord> = {};
  if (query.portgroup !== undefined) where.portgroup_uuid = await portgroupUuid(api, query.portgroup);
  if (node_ident !== undefined) where.node_uuid = (await filterNode(api, request, node_ident)).uuid;
  const scope: NodeScope = {
    ...projectScope(project),
    ...(query.shard === undefined ? {} : { shards: wordList(query.shard) }),
    ...(query.conductor_groups === undefined ? {} : { conductor_groups: wordList(query.conductor_groups) }),
  };
  return listPortsOf(request, api, where, scope, 'ports');
};

/** GET /v1/nodes/{node}/ports and its /detail. A name is not accepted here (a quirk that clients know). */
export const listNodePorts: Handler = async (request, api) => {
  const ident = request.params.node ?? '';
  if (!isUuidLike(ident)) throw serviceError('NotFound', { kind: 'Portgroup', ident: 'None' });
  const node = await findNode(api, request, ident);
  const project = listProject(api.policy, 'port', request.caller);
  return listPortsOf(
    request,
    api,
    { node_uuid: node.uuid },
    projectScope(project),
    `nodes/${node.uuid}/ports`,
  );
};

/** GET /v1/portgroups/{portgroup}/ports and its /detail */
export const listPortgroupPorts: Handler = async (request, api) => {
  const ident = request.params.portgroup ?? '';
  const missing = serviceError('NotFound', { kind: 'Portgroup', ident });
  const portgroup = isUuidLike(ident) ? await api.store.portgroups.get(ident) : null;
  const node = portgroup === null ? null : await api.store.nodes.get(portgroup.node_uuid);
  if (portgroup === null || node === null) throw missing;
  if (!api.policy.allows('baremetal:node:get', nodeTarget(node), request.caller)) throw missing;
  const scope = projectScope(listProject(api.policy, 'port', request.caller));
  return listPortsOf(
    request,
    api,
    { portgroup_uuid: portgroup.uuid },
    scope,
    `portgroups/${portgroup.uuid}/ports`,
  );
};

async function listPortsOf(
  request: ApiRequest,
  api: Api,
  fixed: Match<PortRecord>,
  node: NodeScope,
  base: string,
): Promise<Reply> {
  const { query } = request;
  const page = readPage(request, api, PORT_VIEW);
  const view = api.views.get(PORT_VIEW, request.minor, page.selection, true);
  const where: Match<PortRecord> = { ...fixed };
  if (query.address !== undefined) where.address = parseMac('address', query.address);
  const options: ListOptions<PortRecord> & { node?: NodeScope; description_contains?: string } = {
    where,
    node,
    sort_dir: page.sort_dir,
    limit: page.limit,
    fields: view.columns,
    ...(page.sort_key === undefined ? {} : { sort_key: page.sort_key }),
    ...(query.description_contains === undefined ? {} : { description_contains: query.description_contains }),
    ...(page.marker === undefined ? {} : { after_id: await markerId(api, page.marker) }),
  };
  const ports = await api.store.ports.list(options);
  const context = viewContext(request, api);
  const body = listBody(request, page, {
    key: 'ports',
    path: request.operation.endsWith('.detail') ? `${base}/detail` : base,
    items: ports.map((port) => view.render(port, context)),
    last: ports.at(-1)?.uuid,
    full: ports.length === page.limit,
  });
  return { status: 200, body };
}

async function markerId(api: Api, marker: string): Promise<number> {
  const port = await api.store.ports.get(marker);
  if (port === null) throw serviceError('NotFound', { kind: 'Port', ident: marker });
  return port.id;
}

function refuseTooManyFilters(query: ApiRequest['query'], node_ident: string | undefined): void {
  const exclusive = [node_ident, query.portgroup, query.shard].filter((value) => value !== undefined);
  if (exclusive.length > 1) {
    throw serviceError('Forbidden', {
      why: 'Only one of the filters node, portgroup and shard can be used at once.',
    });
  }
  if (
    query.conductor_groups !== undefined &&
    (node_ident ?? query.portgroup ?? query.address) !== undefined
  ) {
    throw serviceError('InvalidParameterValue', {
      why: 'The filter conductor_groups cannot be used together with node, portgroup or address.',
    });
  }
}

async function filterNode(api: Api, request: ApiRequest, ident: string): Promise<NodeRecord> {
  if (!isUuidLike(ident) && !since('node_names', request.minor)) throw serviceError('NotAcceptable', {});
  const node = await lookUpNode(api, request, ident);
  if (node === null || !api.policy.allows('baremetal:node:get', nodeTarget(node), request.caller)) {
    throw serviceError('NotFound', { kind: 'Node', ident });
  }
  return node;
}

async function portgroupUuid(api: Api, ident: string): Promise<string> {
  const found = await (isUuidLike(ident)
    ? api.store.portgroups.get(ident)
    : api.store.portgroups.getByName(ident));
  if (found === null) throw serviceError('NotFound', { kind: 'Portgroup', ident });
  return found.uuid;
}
