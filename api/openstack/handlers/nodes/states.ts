import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import { isPowerTarget, POWER_TARGETS } from '../../../../lifecycle/power.ts';
import type { Reply } from '../../../http/reply.ts';
import type { ApiRequest, Handler } from '../../handler.ts';
import { since } from '../../microversions.ts';
import { findNodeFor } from '../../node-access.ts';
import { viewContext } from '../../view-context.ts';
import { NODE_STATES_VIEW } from '../../views/node.ts';

/** GET /v1/nodes/{node}/states */
export const showStates: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:get_states');
  const view = api.views.get(NODE_STATES_VIEW, request.minor, 'all');
  return { status: 200, body: view.render(node, viewContext(request, api)) };
};

/** PUT /v1/nodes/{node}/states/power */
export const setPower: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:set_power_state');
  const { target, timeout } = request.body as JsonObject;
  if (timeout !== undefined && timeout !== null && !since('power_timeout', request.minor)) {
    throw serviceError('NotAcceptable', {});
  }
  if (!isPowerTarget(target)) {
    throw serviceError('InvalidParameterValue', {
      why: `The power target is not valid: use one of ${Object.keys(POWER_TARGETS).join(', ')}.`,
    });
  }
  if (POWER_TARGETS[target].since > request.minor) throw serviceError('NotAcceptable', {});
  if (node.provision_state === 'cleaning' || node.provision_state === 'clean wait') {
    throw serviceError('InvalidStateRequested', {
      action: target,
      node: node.uuid,
      state: node.provision_state,
      allowed: [],
    });
  }
  await api.conductor.power(node, target, typeof timeout === 'number' ? timeout : null, request.caller);
  return acceptedAt(request, 'states');
};

/** 202 with the Location where the outcome shows; the node as the client wrote it. */
export function acceptedAt(request: ApiRequest, below: string): Reply {
  const ident = encodeURIComponent(request.params.node ?? '');
  return { status: 202, headers: { Location: `${request.base_url}/v1/nodes/${ident}/${below}` } };
}
