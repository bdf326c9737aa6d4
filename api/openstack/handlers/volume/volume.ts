import { randomUUID } from 'node:crypto';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../../../lifecycle/json.ts';
import type { NodeRecord, VolumeConnectorRecord, VolumeTargetRecord } from '../../../../lifecycle/records.ts';
import { requireUuid } from '../../../http/value-syntax.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { patchValues, readPatch } from '../../json-patch.ts';
import { findLinkedNode, findNode, listProject, nodeTarget, projectScope } from '../../node-access.ts';
import { readFields } from '../../paging.ts';
import {
  applyChanges,
  createRecord,
  deleteRecord,
  listReply,
  patchedChanges,
  requireByUuid,
  type SimpleResource,
  wholeReply,
} from '../../simple-resource.ts';
import { viewContext } from '../../view-context.ts';
import { linkPair } from '../../views/fields.ts';
import { VOLUME_CONNECTOR_VIEW, VOLUME_TARGET_VIEW } from '../../views/volume.ts';

export const CONNECTORS: SimpleResource<'volume_connector', VolumeConnectorRecord> = {
  kind: 'Volume connector',
  object: 'volumeconnector',
  collection: 'volume/connectors',
  key: 'connectors',
  view: VOLUME_CONNECTOR_VIEW,
  table: (tables) => tables.volume_connectors,
  patchable: ['connector_id', 'extra', 'node_uuid', 'type'],
  schema: 'volume_connector',
  read: (body) => ({
    ...given(body, ['node_uuid', 'type', 'connector_id']),
    extra: (body.extra ?? {}) as JsonObject,
  }),
};

export const TARGETS: SimpleResource<'volume_target', VolumeTargetRecord> = {
  kind: 'Volume target',
  object: 'volumetarget',
  collection: 'volume/targets',
  key: 'targets',
  view: VOLUME_TARGET_VIEW,
  table: (tables) => tables.volume_targets,
  patchable: ['boot_index', 'extra', 'node_uuid', 'properties', 'volume_id', 'volume_type'],
  schema: 'volume_target',
  read: (body) => ({
    ...given(body, ['node_uuid', 'volume_type', 'volume_id']),
    boot_index: Number(body.boot_index),
    properties: (body.properties ?? {}) as JsonObject,
    extra: (body.extra ?? {}) as JsonObject,
  }),
};

function given(body: JsonObject, fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, String(body[field] as Json)]));
}

type VolumeRecord = VolumeConnectorRecord | VolumeTargetRecord;
type VolumeResource<R extends VolumeRecord> = R extends VolumeConnectorRecord
  ? SimpleResource<'volume_connector', R>
  : SimpleResource<'volume_target', R>;

/** GET /v1/volume and /v1/nodes/{node}/volume: where connectors and targets are. */
export const showVolume: Handler = async (request, api) => {
  const ident = request.params.node;
  if (ident === undefined) api.policy.authorize('baremetal:volume:get', {}, request.caller);
  const base = ident === undefined ? 'volume' : `nodes/${(await findNode(api, request, ident)).uuid}/volume`;
  const { base_url } = request;
  return {
    status: 200,
    body: {
      links: linkPair(base_url, `${base}/`),
      connectors: linkPair(base_url, `${base}/connectors`),
      targets: linkPair(base_url, `${base}/targets`),
    },
  };
};

/** The five verbs of connectors or targets: they differ in their table and fields only. */
export function volumeHandlers<R extends VolumeRecord>(resource: VolumeResource<R>) {
  const rows = resource as unknown as SimpleResource<'volume_connector', VolumeConnectorRecord>;
  return {
    list: listIn(rows),
    show: showIn(rows),
    create: createIn(rows),
    patch: patchIn(rows),
    delete: deleteIn(rows),
  };
}

type Rows = SimpleResource<'volume_connector', VolumeConnectorRecord>;

const listIn =
  (rows: Rows): Handler =>
  async (request, api) => {
    const below = request.params.node;
    const ident = below ?? request.query.node;
    const node = ident === undefined ? null : await findNode(api, request, ident);
    const scope = projectScope(listProject(api.policy, 'volume', request.caller));
    const where = node === null ? {} : { node_uuid: node.uuid };
    const path = below === undefined ? rows.collection : `nodes/${node?.uuid}/${rows.collection}`;
    return listReply(request, api, rows, { where, node: scope }, path);
  };

const showIn =
  (rows: Rows): Handler =>
  async (request, api) => {
    const view = api.views.get(rows.view, request.minor, readFields(request));
    const { record } = await findFor(api, request, rows, 'baremetal:volume:get');
    return { status: 200, body: view.render(record, viewContext(request, api)) };
  };

const createIn =
  (rows: Rows): Handler =>
  async (request, api) => {
    const body = request.body as JsonObject;
    const node_uuid = String(body.node_uuid);
    const node = await api.store.nodes.get(node_uuid);
    const target = nodeTarget(node ?? { owner: null, lessee: null });
    api.policy.authorize('baremetal:volume:create', target, request.caller);
    if (node === null)
      throw serviceError('InvalidParameterValue', { why: `Node ${node_uuid} could not be found.` });
    const uuid = typeof body.uuid === 'string' ? body.uuid.toLowerCase() : randomUUID();
    const record = await createRecord(request, api, rows, { ...rows.read(body), uuid });
    return wholeReply(request, api, rows, record, 201);
  };

const patchIn =
  (rows: Rows): Handler =>
  async (request, api) => {
    const { record, node } = await findFor(api, request, rows, 'baremetal:volume:update');
    const moved = patchValues(readPatch(request.body, rows.patchable, request.minor), '/node_uuid').at(-1);
    if (typeof moved === 'string') await findLinkedNode(api, request, 'node_uuid', moved, node.owner);
    const changes = patchedChanges(request, api, rows, record);
    requirePoweredOff(rows, record, node, []);
    const updated = await applyChanges(request, api, rows, record, changes, (change) =>
      api.conductor.withNodeUnlocked(node, change),
    );
    return wholeReply(request, api, rows, updated, 200);
  };

const deleteIn =
  (rows: Rows): Handler =>
  async (request, api) => {
    const { record, node } = await findFor(api, request, rows, 'baremetal:volume:delete');
    requirePoweredOff(rows, record, node, ['enroll', 'manageable', 'adopt failed']);
    await deleteRecord(request, api, rows, record, (change) => api.conductor.withNodeUnlocked(node, change));
    return { status: 204 };
  };

/** @throws InvalidUuid, NotFound, NotAuthorized */
async function findFor(
  api: Api,
  request: ApiRequest,
  rows: Rows,
  rule: string,
): Promise<{ record: VolumeConnectorRecord; node: NodeRecord }> {
  const record = await requireByUuid(api, rows, requireUuid(request.params.uuid ?? ''));
  const node = await api.store.nodes.get(record.node_uuid);
  if (node === null || !api.policy.allows('baremetal:node:get', nodeTarget(node), request.caller)) {
    throw serviceError('NotFound', { kind: rows.kind, ident: record.uuid });
  }
  api.policy.authorize(rule, nodeTarget(node), request.caller);
  return { record, node };
}

/** 400, not 409, while the node is on (reference: routes, volume). */
function requirePoweredOff(
  rows: Rows,
  record: VolumeConnectorRecord,
  node: NodeRecord,
  free_states: readonly NodeRecord['provision_state'][],
): void {
  if (node.power_state === 'power off' || free_states.includes(node.provision_state)) return;
  throw serviceError('InvalidStateRequested', {
    action: `change of ${rows.kind.toLowerCase()} ${record.uuid}`,
    node: node.uuid,
    state: String(node.power_state),
    allowed: [],
  });
}
