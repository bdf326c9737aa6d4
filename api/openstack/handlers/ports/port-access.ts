import { serviceError } from '../../../../lifecycle/errors.ts';
import type { NodeRecord, PortRecord } from '../../../../lifecycle/records.ts';
import { isUuidLike, LOGICAL_NAME } from '../../../http/value-syntax.ts';
import type { Api, ApiRequest } from '../../handler.ts';
import { FIELDS } from '../../microversions.ts';
import { nodeTarget, withJsonSuffix } from '../../node-access.ts';

export interface PortAndNode {
  port: PortRecord;
  node: NodeRecord;
}

/**
 * A port and its node, if the caller may see the node and do what `rule` names.
 * @throws NotFound, NotAuthorized, InvalidParameterValue
 */
export async function findPortFor(api: Api, request: ApiRequest, rule: string): Promise<PortAndNode> {
  const ident = request.params.port ?? '';
  const port = await withJsonSuffix(request, ident, (name) => lookUpPort(api, request, name));
  const node = port === null ? null : await api.store.nodes.get(port.node_uuid);
  if (
    port === null ||
    node === null ||
    !api.policy.allows('baremetal:node:get', nodeTarget(node), request.caller)
  ) {
    throw portNotFound(ident);
  }
  api.policy.authorize(rule, nodeTarget(node), request.caller);
  return { port, node };
}

async function lookUpPort(api: Api, request: ApiRequest, ident: string): Promise<PortRecord | null> {
  if (isUuidLike(ident)) return api.store.ports.get(ident.toLowerCase());
  if (!LOGICAL_NAME.test(ident)) {
    throw serviceError('InvalidParameterValue', {
      why: `Expected a logical name or UUID but received ${ident}.`,
    });
  }
  return request.minor >= FIELDS.port.name ? api.store.ports.getByName(ident) : null;
}

export function portNotFound(ident: string) {
  return serviceError('NotFound', { kind: 'Port', ident });
}
