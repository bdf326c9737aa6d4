import { randomUUID } from 'node:crypto';
import { serviceError } from '../../../../lifecycle/errors.ts';
import { reportOfInventory } from '../../../../lifecycle/inventory-report.ts';
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
  const found =
    node_uuid === undefined
      ? await api.store.nodes.listByAddresses(macs)
      : [await api.store.nodes.get(node_uuid)];
  const inspected = found.length === 1 && found[0]?.provision_state === 'inspect wait' ? found[0] : null;
  const node = inspected ?? (await discovered(api, data, found, node_uuid ?? macs.join(', ')));
  const token = modern ? await api.conductor.agentToken(node) : null;
  if (inspected !== null) await api.conductor.continueInspection(inspected, data);
  return { status: 202, body: modern ? lookupDocument(api, request, node, token) : { uuid: node.uuid } };
};

/**
 * The node of a server that nobody waits for: made now, where the operator wants that.
 * @throws NotFound: it is known, or nothing is to be made
 */
async function discovered(
  api: Api,
  data: JsonObject,
  found: readonly (NodeRecord | null)[],
  ident: string,
): Promise<NodeRecord> {
  const [known] = found;
  const again = known?.provision_state === 'enroll' && found.length === 1;
  if (!api.settings.auto_discovery.enabled || (found.length > 0 && !again))
    throw serviceError('NotFound', { kind: 'Node for this inspection', ident });
  const { inventory, ...plugin_data } = data;
  return api.conductor.discover(
    reportOfInventory(inventory as JsonObject, plugin_data, known?.uuid ?? randomUUID()),
  );
}
