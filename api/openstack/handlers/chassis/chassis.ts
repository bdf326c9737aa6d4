import { randomUUID } from 'node:crypto';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { ChassisRecord } from '../../../../lifecycle/records.ts';
import { requireUuid } from '../../../http/value-syntax.ts';
import type { Handler } from '../../handler.ts';
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
import { CHASSIS_VIEW } from '../../views/chassis.ts';

const CHASSIS: SimpleResource<'chassis', ChassisRecord> = {
  kind: 'Chassis',
  object: 'chassis',
  collection: 'chassis',
  view: CHASSIS_VIEW,
  table: (tables) => tables.chassis,
  patchable: ['description', 'extra'],
  schema: 'chassis_create',
  read: (body) => ({
    description: typeof body.description === 'string' ? body.description : null,
    extra: (body.extra ?? {}) as JsonObject,
  }),
};

/** GET /v1/chassis, /v1/chassis/detail */
export const listChassis: Handler = (request, api) => {
  api.policy.authorize('baremetal:chassis:get', {}, request.caller);
  return listReply(request, api, CHASSIS);
};

/** GET /v1/chassis/{uuid} */
export const showChassis: Handler = async (request, api) => {
  api.policy.authorize('baremetal:chassis:get', {}, request.caller);
  const view = api.views.get(CHASSIS_VIEW, request.minor, readFields(request));
  const chassis = await requireByUuid(api, CHASSIS, requireUuid(request.params.uuid ?? ''));
  return { status: 200, body: view.render(chassis, viewContext(request, api)) };
};

/** POST /v1/chassis */
export const createChassis: Handler = async (request, api) => {
  api.policy.authorize('baremetal:chassis:create', {}, request.caller);
  const body = request.body as JsonObject;
  const uuid = typeof body.uuid === 'string' ? body.uuid.toLowerCase() : randomUUID();
  const chassis = await createRecord(request, api, CHASSIS, { ...CHASSIS.read(body), uuid });
  return wholeReply(request, api, CHASSIS, chassis, 201);
};

/** PATCH /v1/chassis/{uuid} */
export const patchChassis: Handler = async (request, api) => {
  api.policy.authorize('baremetal:chassis:update', {}, request.caller);
  const chassis = await requireByUuid(api, CHASSIS, requireUuid(request.params.uuid ?? ''));
  const changes = patchedChanges(request, api, CHASSIS, chassis);
  return wholeReply(request, api, CHASSIS, await applyChanges(request, api, CHASSIS, chassis, changes), 200);
};

/** DELETE /v1/chassis/{uuid}: refused while nodes are in it. */
export const deleteChassis: Handler = async (request, api) => {
  api.policy.authorize('baremetal:chassis:delete', {}, request.caller);
  const chassis = await requireByUuid(api, CHASSIS, requireUuid(request.params.uuid ?? ''));
  const { uuid } = chassis;
  if ((await api.store.nodes.count({ chassis_uuid: uuid })) > 0) {
    throw serviceError('InvalidParameterValue', {
      why: `Chassis ${uuid} can not be deleted: it contains nodes.`,
    });
  }
  await deleteRecord(request, api, CHASSIS, chassis);
  return { status: 204 };
};
