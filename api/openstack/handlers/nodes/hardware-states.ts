import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { NodeRecord } from '../../../../lifecycle/records.ts';
import { isUnstable } from '../../../../lifecycle/states.ts';
import { parseBoolean } from '../../../http/value-syntax.ts';
import type { Handler } from '../../handler.ts';
import { findNodeFor } from '../../node-access.ts';
import { acceptedAt } from './states.ts';

/** PUT /v1/nodes/{node}/states/boot_mode */
export const setBootMode: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:set_boot_mode');
  const { target } = request.body as JsonObject;
  if (target !== 'uefi' && target !== 'bios') {
    throw serviceError('InvalidParameterValue', {
      why: `Invalid boot mode ${String(target)} requested for node. Allowed boot modes are: uefi, bios.`,
    });
  }
  refuseUnstable(node, 'boot mode');
  await api.conductor.changeHardware(node, { kind: 'boot_mode', target }, request.caller);
  return acceptedAt(request, 'states');
};

/** PUT /v1/nodes/{node}/states/secure_boot */
export const setSecureBoot: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:set_secure_boot');
  const target = parseBoolean('target', (request.body as JsonObject).target);
  refuseUnstable(node, 'secure_boot state');
  await api.conductor.changeHardware(node, { kind: 'secure_boot', target }, request.caller);
  return acceptedAt(request, 'states');
};

function refuseUnstable(node: NodeRecord, what: string): void {
  if (!isUnstable(node.provision_state)) return;
  throw serviceError('Conflict', {
    why:
      `Node ${node.uuid} is in ${node.provision_state} state. Since the node is transitioning, the ${what} will not be ` +
      'set, as this may interfere with the changes under way. Try again later.',
  });
}

/** GET /v1/nodes/{node}/states/console: a console that is not enabled is no error. */
export const showConsole: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:get_console');
  const console_info = node.console_enabled
    ? await api.conductor.call(node, 'get_console', {}, request.caller)
    : null;
  return { status: 200, body: { console_enabled: node.console_enabled, console_info } };
};

/** PUT /v1/nodes/{node}/states/console */
export const setConsole: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:set_console_state');
  const enabled = parseBoolean('enabled', (request.body as JsonObject).enabled);
  await api.conductor.changeHardware(node, { kind: 'console', enabled }, request.caller);
  return acceptedAt(request, 'states/console');
};

/** PUT /v1/nodes/{node}/states/raid: the body is target_raid_config itself; `{}` clears it, on any node. */
export const setRaidConfig: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:set_raid_state');
  const target_raid_config = request.body as JsonObject;
  if (Object.keys(target_raid_config).length > 0) {
    if (node.raid_interface.startsWith('no-')) throw serviceError('NoRaidInterface', { driver: node.driver });
    api.schema('target_raid_config')(target_raid_config);
    refuseRootVolumes(target_raid_config);
  }
  await api.conductor.updateNode(node, { target_raid_config }, request.caller, null);
  return { status: 204 };
};

function refuseRootVolumes({ logical_disks }: JsonObject): void {
  const roots = (logical_disks as JsonObject[]).filter(
    ({ is_root_volume }) => is_root_volume === true,
  ).length;
  if (roots > 1) {
    throw serviceError('InvalidParameterValue', {
      why: `Raid config cannot have more than one root volume. ${roots} root volumes were specified.`,
    });
  }
}
