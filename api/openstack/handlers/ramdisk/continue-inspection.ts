import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../../lifecycle/records.ts';
import { normalMac } from '../../../http/value-syntax.ts';
import { RoutingError } from '../../../http/wire-error.ts';
import type { Api, Handler } from '../../handler.ts';
import { ROUTES } from '../../microversions.ts';
import { checkRamdiskCall } from './check-ramdisk-call.ts';
import { lookupDocument } from './lookup.ts';

/** POST /v1/continue_inspection: an agent brings what it found. */
export const continueInspection: Handler = async (request, api) => {
  checkRamdiskCall(api, request, 'baremetal:driver:ipa_continue_inspection');
  const data = request.body as JsonObject;
  const { node_uuid } = request.query;
  const modern = request.minor >= (ROUTES['ramdisk.continue_inspection']?.since ?? 0);
  if (node_uuid !== undefined && !modern)
    throw new RoutingError(404, 'API version 1.84 or newer is required.');
  const inventory = data.inventory as { interfaces: { mac_address: string }[] } & JsonObject;
  const macs = inventory.interfaces
    .map(({ mac_address }) => normalMac(mac_address))
    .filter((mac) => mac !== null);
  const bmc_addresses = [inventory.bmc_address, inventory.bmc_v6address].filter((address) =>
    Boolean(address),
  );
  if (macs.length === 0 && bmc_addresses.length === 0 && node_uuid === undefined) {
    throw serviceError('InvalidParameterValue', { why: 'No lookup information provided.' });
  }
  const node = await inspectedNode(api, node_uuid, macs);
  const token = modern ? await api.conductor.agentToken(node) : null;
  await api.conductor.continueInspection(node, data);
  return { status: 202, body: modern ? lookupDocument(api, request, node, token) : { uuid: node.uuid } };
};

/** The node in `inspect wait` that the data belongs to. @throws NotFound: none, several, or not being inspected */
async function inspectedNode(
  api: Api,
  node_uuid: string | undefined,
  macs: readonly string[],
): Promise<NodeRecord> {
  const found =
    node_uuid === undefined
      ? await api.store.nodes.listByAddresses(macs)
      : [await api.store.nodes.get(node_uuid)];
  const [node] = found;
  if (found.length !== 1 || !node || node.provision_state !== 'inspect wait') {
    throw serviceError('NotFound', { kind: 'Node for this inspection', ident: node_uuid ?? macs.join(', ') });
  }
  return node;
}
