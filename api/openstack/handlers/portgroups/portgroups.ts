import { randomUUID } from 'node:crypto';
import type { Changes, NodeScope } from '../../../../db/store.ts';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../../../lifecycle/json.ts';
import type { NodeRecord, PortgroupRecord } from '../../../../lifecycle/records.ts';
import type { ProvisionState } from '../../../../lifecycle/states.ts';
import { isUuidLike, LOGICAL_NAME, parseBoolean, parseMac, wordList } from '../../../http/value-syntax.ts';
import { RoutingError } from '../../../http/wire-error.ts';
import { audited } from '../../audited.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { patchValues, readPatch, touches } from '../../json-patch.ts';
import { FIELDS, since } from '../../microversions.ts';
import {
  findLinkedNode,
  findNode,
  listProject,
  lookUpNode,
  nodeNotFound,
  nodeTarget,
  projectScope,
  withJsonSuffix,
} from '../../node-access.ts';
import { readFields } from '../../paging.ts';
import {
  announced,
  createRecord,
  deleteRecord,
  listReply,
  patchedChanges,
  type SimpleResource,
  wholeReply,
} from '../../simple-resource.ts';
import { viewContext } from '../../view-context.ts';
import { PORTGROUP_VIEW } from '../../views/portgroup.ts';

/** Ironic's [DEFAULT]default_portgroup_mode. */
const DEFAULT_MODE = 'active-backup';

const TEXTS = ['name', 'physical_network', 'category'] as const;

const PORTGROUPS: SimpleResource<'portgroup', PortgroupRecord> = {
  kind: 'Portgroup',
  object: 'portgroup',
  collection: 'portgroups',
  view: PORTGROUP_VIEW,
  table: (tables) => tables.portgroups,
  patchable: [
    'address',
    'category',
    'extra',
    'mode',
    'name',
    'node_uuid',
    'physical_network',
    'properties',
    'standalone_ports_supported',
  ],
  schema: 'portgroup_patch',
  read: readPortgroup,
};

function readPortgroup(body: JsonObject): Partial<PortgroupRecord> {
  const read: JsonObject = {};
  if ('address' in body)
    read.address = body.address === null ? null : parseMac('address', String(body.address));
  for (const field of ['extra', 'properties']) if (field in body) read[field] = body[field] ?? {};
  for (const field of TEXTS)
    if (field in body) read[field] = body[field] === '' ? null : (body[field] ?? null);
  for (const field of ['node_uuid', 'mode']) if (typeof body[field] === 'string') read[field] = body[field];
  if ('standalone_ports_supported' in body) {
    const given = body.standalone_ports_supported ?? null;
    read.standalone_ports_supported = given === null || parseBoolean('standalone_ports_supported', given);
  }
  if (typeof read.name === 'string' && (!LOGICAL_NAME.test(read.name) || isUuidLike(read.name))) {
    throw serviceError('InvalidParameterValue', { why: `Invalid portgroup name '${read.name}'.` });
  }
  return read as unknown as Partial<PortgroupRecord>;
}

/** GET /v1/portgroups, /v1/portgroups/detail */
export const listPortgroups: Handler = async (request, api) => {
  const { node, address, shard, conductor_groups } = request.query;
  if ([node, address, shard, conductor_groups].filter((filter) => filter !== undefined).length > 1) {
    throw serviceError('InvalidParameterValue', {
      why: 'Only one of the filters node, address, shard and conductor_groups can be used at once.',
    });
  }
  const scope: NodeScope = {
    ...projectScope(listProject(api.policy, 'portgroup', request.caller)),
    ...(shard === undefined ? {} : { shards: wordList(shard) }),
    ...(conductor_groups === undefined ? {} : { conductor_groups: wordList(conductor_groups) }),
  };
  const where = {
    ...(node === undefined ? {} : { node_uuid: (await findNode(api, request, node)).uuid }),
    ...(address === undefined ? {} : { address: parseMac('address', address) }),
  };
  return listReply(request, api, PORTGROUPS, { where, node: scope });
};

/** GET /v1/nodes/{node}/portgroups and its /detail; by uuid only, as for ports. */
export const listNodePortgroups: Handler = async (request, api) => {
  const ident = request.params.node ?? '';
  if (!isUuidLike(ident)) throw serviceError('NotFound', { kind: 'Portgroup', ident: 'None' });
  const { uuid } = await findNode(api, request, ident);
  const scope = projectScope(listProject(api.policy, 'portgroup', request.caller));
  return listReply(
    request,
    api,
    PORTGROUPS,
    { where: { node_uuid: uuid }, node: scope },
    `nodes/${uuid}/portgroups`,
  );
};

/** GET /v1/portgroups/{portgroup} */
export const showPortgroup: Handler = async (request, api) => {
  const view = api.views.get(PORTGROUP_VIEW, request.minor, readFields(request));
  const { portgroup } = await findPortgroupFor(api, request, 'baremetal:portgroup:get');
  return { status: 200, body: view.render(portgroup, viewContext(request, api)) };
};

/** POST /v1/portgroups */
export const createPortgroup: Handler = async (request, api) => {
  const body = request.body as JsonObject;
  const ident = String(body.node_uuid);
  const node = await lookUpNode(api, request, ident);
  const target = nodeTarget(node ?? { owner: null, lessee: null });
  api.policy.authorize('baremetal:portgroup:create', target, request.caller);
  if (node === null) throw serviceError('InvalidParameterValue', { why: nodeNotFound(ident).message });
  refuseNewer(body, request.minor);
  const uuid = typeof body.uuid === 'string' ? body.uuid.toLowerCase() : randomUUID();
  const portgroup = await createRecord(request, api, PORTGROUPS, {
    mode: DEFAULT_MODE,
    ...readPortgroup(body),
    uuid,
    node_uuid: node.uuid,
  });
  return wholeReply(request, api, PORTGROUPS, portgroup, 201);
};

/** PATCH /v1/portgroups/{portgroup} */
export const patchPortgroup: Handler = async (request, api) => {
  const { portgroup, node } = await findPortgroupFor(api, request, 'baremetal:portgroup:update');
  const steps = readPatch(request.body, PORTGROUPS.patchable, request.minor);
  refuseNewer(Object.fromEntries(steps.map((step) => [step.segments[0] ?? '', step.value])), request.minor);
  const moved = patchValues(steps, '/node_uuid').at(-1);
  const target =
    typeof moved === 'string' ? await findLinkedNode(api, request, 'node_uuid', moved, node.owner) : node;
  const changes = patchedChanges(request, api, PORTGROUPS, portgroup);
  if (target.provision_state === 'inspecting' && since('inspect_wait', request.minor)) {
    throw serviceError('Conflict', {
      why: `Cannot update portgroup "${portgroup.uuid}" on node "${target.uuid}" while it is in state "inspecting".`,
    });
  }
  await checkChanges(api, portgroup, target, changes);
  const after = { ...portgroup, ...changes };
  const updated = await announced(api, PORTGROUPS, 'update', after, async () => {
    if (Object.keys(changes).length === 0) {
      await api.conductor.updateNode(target, {}, request.caller, null);
      return portgroup;
    }
    return api.conductor.withNodeUnlocked(target, () =>
      writeChanges(request, api, portgroup, changes, touches(steps, 'physical_network')),
    );
  });
  return wholeReply(request, api, PORTGROUPS, updated, 200);
};

/** DELETE /v1/portgroups/{portgroup}: refused while it has ports. */
export const deletePortgroup: Handler = async (request, api) => {
  const { portgroup, node } = await findPortgroupFor(api, request, 'baremetal:portgroup:delete');
  if ((await api.store.ports.count({ portgroup_uuid: portgroup.uuid })) > 0) {
    throw serviceError('InvalidParameterValue', {
      why: `Portgroup ${portgroup.uuid} is not empty: it has ports.`,
    });
  }
  await deleteRecord(request, api, PORTGROUPS, portgroup, (change) =>
    api.conductor.withNodeUnlocked(node, change),
  );
  return { status: 204 };
};

interface PortgroupAndNode {
  portgroup: PortgroupRecord;
  node: NodeRecord;
}

/** @throws NotFound, NotAuthorized, RoutingError 400 */
async function findPortgroupFor(api: Api, request: ApiRequest, rule: string): Promise<PortgroupAndNode> {
  const ident = request.params.portgroup ?? '';
  const portgroup = await withJsonSuffix(request, ident, (name) => lookUp(api, name));
  const node = portgroup === null ? null : await api.store.nodes.get(portgroup.node_uuid);
  if (
    portgroup === null ||
    node === null ||
    !api.policy.allows('baremetal:node:get', nodeTarget(node), request.caller)
  ) {
    throw serviceError('NotFound', { kind: 'Portgroup', ident });
  }
  api.policy.authorize(rule, nodeTarget(node), request.caller);
  return { portgroup, node };
}

async function lookUp(api: Api, ident: string): Promise<PortgroupRecord | null> {
  if (isUuidLike(ident)) return api.store.portgroups.get(ident.toLowerCase());
  if (!LOGICAL_NAME.test(ident)) {
    throw new RoutingError(400, `Expected a logical name or UUID but received ${ident}.`);
  }
  return api.store.portgroups.getByName(ident);
}

/** @throws NotAcceptable */
function refuseNewer(fields: Readonly<Record<string, Json | undefined>>, minor: number): void {
  const ledger: Readonly<Record<string, number>> = FIELDS.portgroup;
  const newer = Object.entries(fields).some(
    ([field, value]) => value !== undefined && (ledger[field] ?? 1) > minor,
  );
  if (newer) throw serviceError('NotAcceptable', {});
}

const MOVE_STATES: readonly ProvisionState[] = ['enroll', 'inspecting', 'inspect wait', 'manageable'];

async function checkChanges(
  api: Api,
  portgroup: PortgroupRecord,
  node: NodeRecord,
  changes: Changes<PortgroupRecord>,
): Promise<void> {
  const touched = changes.node_uuid !== undefined || changes.standalone_ports_supported === false;
  if (!touched) return;
  const ports = await api.store.ports.list({ where: { portgroup_uuid: portgroup.uuid } });
  if (changes.node_uuid !== undefined && !node.maintenance && !MOVE_STATES.includes(node.provision_state)) {
    throw serviceError('Conflict', {
      why: `Portgroup ${portgroup.uuid} can not be associated to node ${node.uuid} in state '${node.provision_state}'.`,
    });
  }
  if (changes.node_uuid !== undefined && ports.length > 0) {
    throw serviceError('InvalidParameterValue', {
      why: `Portgroup ${portgroup.uuid} can not be moved: it has ports.`,
    });
  }
  const standalone = ports.find(
    (port) => port.pxe_enabled || port.internal_info.tenant_vif_port_id !== undefined,
  );
  if (changes.standalone_ports_supported === false && standalone !== undefined) {
    throw serviceError('Conflict', {
      why: `standalone_ports_supported can not be set to false: port ${standalone.uuid} has pxe_enabled or a VIF.`,
    });
  }
}

/** The physical network of a portgroup is that of its members. */
async function writeChanges(
  request: ApiRequest,
  api: Api,
  portgroup: PortgroupRecord,
  changes: Changes<PortgroupRecord>,
  physical_network_given: boolean,
): Promise<PortgroupRecord> {
  const { uuid, node_uuid } = portgroup;
  const detail = { fields: Object.keys(changes) };
  return audited(api, request, { uuid, node_uuid, detail }, async (tables) => {
    const updated = await tables.portgroups.update(portgroup.uuid, changes);
    if (updated === null) throw serviceError('NotFound', { kind: 'Portgroup', ident: portgroup.uuid });
    if (!physical_network_given) return updated;
    const { physical_network } = updated;
    for (const port of await tables.ports.list({ where: { portgroup_uuid: portgroup.uuid } })) {
      await tables.ports.update(port.uuid, { physical_network });
    }
    return updated;
  });
}
