import { randomUUID } from 'node:crypto';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../../lifecycle/records.ts';
import { audited } from '../../audited.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { since } from '../../microversions.ts';
import { lookUpNode, nodeTarget } from '../../node-access.ts';
import { checkMembership, readPortFields, refuseNewerPortFields, requirePortgroup } from './port-input.ts';
import { wholePort } from './show.ts';

/** POST /v1/ports */
export const createPort: Handler = async (request, api) => {
  const { node_ident, ...body } = request.body as JsonObject;
  if (node_ident !== undefined && !since('port_node_ident', request.minor))
    throw serviceError('NotAcceptable', {});
  const node = await ownerNode(api, request, String(node_ident ?? body.node_uuid));
  refuseNewerPortFields(body, request.minor);
  const input = readPortFields(body);
  const portgroup = input.portgroup_uuid ? await requirePortgroup(api, input.portgroup_uuid, node) : null;
  const full = {
    pxe_enabled: true,
    physical_network: null,
    is_smartnic: false,
    local_link_connection: {},
    ...input,
    uuid: input.uuid ?? randomUUID(),
    node_uuid: node.uuid,
  };
  // A port that does not say otherwise is no PXE port of a group without standalone ports: only an explicit true is refused.
  const checked = { ...full, pxe_enabled: body.pxe_enabled === undefined ? false : full.pxe_enabled };
  await checkMembership(api, checked, portgroup);
  const port = await api.conductor.announce({ object: 'port', action: 'create', record: full }, () =>
    audited(api, request, { uuid: full.uuid, node_uuid: node.uuid }, (tables) => tables.ports.create(full)),
  );
  return wholePort(api, request, port, 201);
};

/** The node that gets the port. The rule is asked even when there is none, so that nobody learns which exist. */
async function ownerNode(api: Api, request: ApiRequest, ident: string): Promise<NodeRecord> {
  const node = await lookUpNode(api, request, ident);
  const target = nodeTarget(node ?? { owner: null, lessee: null });
  api.policy.authorize('baremetal:port:create', target, request.caller);
  if (node === null)
    throw serviceError('InvalidParameterValue', { why: `Node ${ident} could not be found.` });
  return node;
}
