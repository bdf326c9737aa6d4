import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { Handler } from '../../handler.ts';
import { since } from '../../microversions.ts';
import { findNodeFor } from '../../node-access.ts';

/** GET /v1/nodes/{node}/vifs */
export const listVifs: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:vif:list');
  return { status: 200, body: await api.conductor.call(node, 'vif_list', {}, request.caller) };
};

/** POST /v1/nodes/{node}/vifs: the body may say more than the id. */
export const attachVif: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:vif:attach');
  const vif = request.body as JsonObject & { id: string };
  if (since('vif_port', request.minor) && 'port_uuid' in vif && 'portgroup_uuid' in vif) {
    throw serviceError('InvalidParameterValue', {
      why: 'Cannot specify both port_uuid and portgroup_uuid.',
    });
  }
  await api.conductor.call(node, 'vif_attach', { vif }, request.caller);
  return { status: 204 };
};

/** DELETE /v1/nodes/{node}/vifs/{vif} */
export const detachVif: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:vif:detach');
  await api.conductor.call(node, 'vif_detach', { vif_id: request.params.vif ?? '' }, request.caller);
  return { status: 204 };
};
