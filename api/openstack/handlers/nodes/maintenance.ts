import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { Handler } from '../../handler.ts';
import { findNodeFor } from '../../node-access.ts';

/** PUT /v1/nodes/{node}/maintenance: done when it answers, in spite of 202. */
export const setMaintenance: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:set_maintenance');
  const body = (request.body ?? {}) as JsonObject;
  const reason = request.query.reason ?? body.reason ?? null;
  const changes = { maintenance: true, maintenance_reason: reason === null ? null : String(reason) };
  await api.conductor.updateNode(node, changes, request.caller, 'maintenance_set');
  return { status: 202 };
};

/** DELETE /v1/nodes/{node}/maintenance */
export const clearMaintenance: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:clear_maintenance');
  const changes = { maintenance: false, maintenance_reason: null, fault: null };
  await api.conductor.updateNode(node, changes, request.caller, 'maintenance_set');
  return { status: 202 };
};
