import { serviceError } from '../../../../lifecycle/errors.ts';
import type { Handler } from '../../handler.ts';
import { findNodeFor } from '../../node-access.ts';

/** GET /v1/nodes/{node}/validate */
export const validateNode: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:validate');
  return { status: 200, body: await api.conductor.call(node, 'validate', {}, request.caller) };
};

/** GET /v1/nodes/validate?node= or ?node_uuid= */
export const validateNodeByQuery: Handler = (request, api) => {
  const ident = request.query.node_uuid ?? request.query.node;
  if (ident === undefined) {
    throw serviceError('MissingParameterValue', { why: 'The query needs node or node_uuid.' });
  }
  return validateNode({ ...request, params: { node: ident } }, api);
};
