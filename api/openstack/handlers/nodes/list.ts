import type { Match, NodeListOptions, NodeScope } from '../../../../db/store.ts';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { NodeFault, NodeRecord } from '../../../../lifecycle/records.ts';
import { isProvisionState } from '../../../../lifecycle/states.ts';
import type { Reply } from '../../../http/reply.ts';
import { booleanOf, wordList } from '../../../http/value-syntax.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { since } from '../../microversions.ts';
import { listProject, lookUpNode, projectScope } from '../../node-access.ts';
import { isTrue, ListPieces, readPage } from '../../paging.ts';
import { nodeViewContext } from '../../view-context.ts';
import { NODE_VIEW } from '../../views/node.ts';

const FAULTS: readonly NodeFault[] = [
  'power failure',
  'clean failure',
  'rescue abort failure',
  'service failure',
];

/** Names that no node has any more, but that filters accept. */
const RETIRED_STATES = ['deploy complete', 'deleted'];

/** GET /v1/nodes, /v1/nodes/detail */
export const listNodes: Handler = (request, api) => listNodesOf(request, api, {}, 'nodes');

/** GET /v1/chassis/{uuid}/nodes and its /detail */
export const listChassisNodes: Handler = async (request, api) => {
  const chassis_uuid = request.params.uuid ?? '';
  if ((await api.store.chassis.get(chassis_uuid)) === null) {
    throw serviceError('NotFound', { kind: 'Chassis', ident: chassis_uuid });
  }
  return listNodesOf(request, api, { chassis_uuid }, `chassis/${chassis_uuid}/nodes`);
};

async function listNodesOf(
  request: ApiRequest,
  api: Api,
  fixed: Match<NodeRecord>,
  base: string,
): Promise<Reply> {
  const { query } = request;
  const project = listProject(api.policy, 'node', request.caller, query.project);
  const page = readPage(request, api, NODE_VIEW);
  const view = api.views.get(NODE_VIEW, request.minor, page.selection, true);
  const options: NodeListOptions = {
    where: { ...(await nodeFilters(request, api)), ...fixed },
    scope: scopeOf(project, query.shard),
    include_children: isTrue(query.include_children) || query.parent_node !== undefined,
    sort_dir: page.sort_dir,
    limit: page.limit,
    fields: query.conductor === undefined ? view.columns : [...view.columns, 'driver', 'conductor_group'],
    ...(page.sort_key === undefined ? {} : { sort_key: page.sort_key }),
    ...(query.associated === undefined ? {} : { associated: booleanOf(query.associated) === true }),
    ...(query.sharded === undefined ? {} : { sharded: booleanOf(query.sharded) === true }),
    ...(query.description_contains === undefined ? {} : { description_contains: query.description_contains }),
    ...(page.marker === undefined ? {} : { after_id: await markerId(api, page.marker) }),
  };
  const context = await nodeViewContext(request, api, view);
  const served = await servedBy(api, query.conductor);
  const text = new ListPieces('nodes');
  let found = 0;
  let last: string | undefined;
  await api.store.nodes.each(options, (node) => {
    found++;
    last = node.uuid;
    if (served(node)) text.add(view.text(node, context));
  });
  const pieces = text.end(request, page, {
    key: 'nodes',
    path: request.operation.endsWith('.detail') ? `${base}/detail` : base,
    last,
    full: found === page.limit && query.instance_uuid === undefined,
    keep: {
      associated: isTrue(query.associated) ? query.associated : undefined,
      maintenance: isTrue(query.maintenance) ? query.maintenance : undefined,
      retired: isTrue(query.retired) ? query.retired : undefined,
    },
  });
  return { status: 200, pieces };
}

function scopeOf(project: string | undefined, shard: string | undefined): NodeScope {
  return { ...projectScope(project), ...(shard === undefined ? {} : { shards: wordList(shard) }) };
}

async function markerId(api: Api, marker: string): Promise<number> {
  const node = await api.store.nodes.get(marker);
  if (node === null) throw serviceError('NotFound', { kind: 'Node', ident: marker });
  return node.id;
}

const EQUAL = ['driver', 'resource_class', 'owner', 'lessee', 'instance_name', 'instance_uuid'] as const;

async function nodeFilters(request: ApiRequest, api: Api): Promise<Match<NodeRecord>> {
  const { query } = request;
  const where: Match<NodeRecord> = {};
  for (const name of EQUAL) if (query[name] !== undefined) where[name] = query[name];
  if (query.conductor_group !== undefined) where.conductor_group = query.conductor_group.toLowerCase();
  if (query.maintenance !== undefined) where.maintenance = booleanOf(query.maintenance) === true;
  if (query.retired !== undefined) where.retired = booleanOf(query.retired) === true;
  if (query.provision_state !== undefined)
    where.provision_state = stateFilter(query.provision_state, request.minor);
  if (query.fault !== undefined) where.fault = faultFilter(query.fault);
  if (query.chassis_uuid !== undefined) {
    if ((await api.store.chassis.get(query.chassis_uuid)) === null) {
      throw serviceError('NotFound', { kind: 'Chassis', ident: query.chassis_uuid });
    }
    where.chassis_uuid = query.chassis_uuid;
  }
  if (query.parent_node !== undefined) {
    where.parent_node = (await lookUpNode(api, request, query.parent_node))?.uuid ?? query.parent_node;
  }
  return where;
}

function stateFilter(
  state: string,
  minor: number,
): NodeRecord['provision_state'] | NodeRecord['provision_state'][] {
  if (state === 'null' && !since('provision_state_available', minor)) return 'available';
  if (isProvisionState(state)) return state;
  if (RETIRED_STATES.includes(state)) return [];
  throw serviceError('InvalidParameterValue', { why: `Provision state "${state}" is not valid` });
}

function faultFilter(fault: string): NodeFault {
  const known = FAULTS.find((name) => name === fault);
  if (known !== undefined) return known;
  throw serviceError('InvalidParameterValue', {
    why: `Unrecognized fault "${fault}" is specified, allowed faults are ${FAULTS.join(', ')}.`,
  });
}

/** Whether a conductor serves a node; every node when no conductor is named. */
async function servedBy(api: Api, conductor: string | undefined): Promise<(node: NodeRecord) => boolean> {
  if (conductor === undefined) return () => true;
  const hostOf = await api.conductor.conductorFinder();
  return (node) => hostOf(node) === conductor;
}
