import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { Handler } from '../../handler.ts';
import { findNodeFor } from '../../node-access.ts';

const RULE = 'baremetal:node:vendor_passthru';

/** GET /v1/nodes/{node}/vendor_passthru/methods */
export const listPassthruMethods: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, RULE);
  return { status: 200, body: await api.conductor.call(node, 'vendor_passthru_methods', {}, request.caller) };
};

/** Any HTTP method on /v1/nodes/{node}/vendor_passthru/{method}, or with ?method=; the body goes through as it is. */
export const callPassthru: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, RULE);
  const { method: from_query, ...query } = request.query;
  const method = request.params.method ?? from_query;
  if (method === undefined || method === '') {
    throw serviceError('MissingParameterValue', { why: 'The request needs the name of a method.' });
  }
  const methods = await api.conductor.call(node, 'vendor_passthru_methods', {}, request.caller);
  const facts = Object.hasOwn(methods, method) ? (methods[method] as JsonObject) : undefined;
  if (facts === undefined) {
    throw serviceError('InvalidParameterValue', {
      why: `Node ${node.uuid} has no vendor method ${method}. It has: ${Object.keys(methods).join(', ') || 'none'}.`,
    });
  }
  const allowed = Array.isArray(facts.http_methods) ? facts.http_methods : [];
  if (!allowed.includes(request.method)) {
    throw serviceError('InvalidParameterValue', {
      why: `The method ${method} does not support HTTP ${request.method}. Supported: ${allowed.join(', ')}.`,
    });
  }
  const data: JsonObject = { ...query, ...((request.body ?? {}) as JsonObject) };
  const args = { method, http_method: request.method, data };
  const result = await api.conductor.call(node, 'vendor_passthru', args, request.caller);
  return facts.async === true ? { status: 202 } : { status: 200, body: result };
};
