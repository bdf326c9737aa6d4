import { serviceError } from '../../../../lifecycle/errors.ts';
import type { Handler } from '../../handler.ts';
import { since } from '../../microversions.ts';
import { findNodeFor, listProject, projectScope } from '../../node-access.ts';
import { readSelection } from '../../paging.ts';
import { viewContext } from '../../view-context.ts';
import { BIOS_VIEW, FIRMWARE_VIEW } from '../../views/hardware.ts';

/** GET /v1/nodes/{node}/bios */
export const listBios: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:bios:get');
  const view = api.views.get(BIOS_VIEW, request.minor, readSelection(request));
  const settings = await api.store.bios_settings.list(node.uuid);
  const context = viewContext(request, api);
  return { status: 200, body: { bios: settings.map((setting) => view.render(setting, context)) } };
};

/** GET /v1/nodes/{node}/bios/{setting}: the name of the setting is the key of the reply. */
export const showBiosSetting: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:bios:get');
  const name = request.params.setting ?? '';
  const settings = await api.store.bios_settings.list(node.uuid);
  const setting = settings.find((candidate) => candidate.name === name);
  if (setting === undefined) {
    throw serviceError('NotFound', { kind: `Node ${node.uuid}: BIOS setting`, ident: name });
  }
  const view = api.views.get(BIOS_VIEW, request.minor, 'all');
  return { status: 200, body: { [name]: view.render(setting, viewContext(request, api)) } };
};

const IDENTITY = ['vendor', 'model', 'serial_number'];

/** GET /v1/nodes/{node}/firmware */
export const listFirmware: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:firmware:get');
  const selection = readSelection(request);
  const asks_identity = typeof selection !== 'string' && selection.some((field) => IDENTITY.includes(field));
  if (asks_identity && !since('firmware_identity', request.minor)) {
    throw serviceError('InvalidParameterValue', {
      why: `The fields ${IDENTITY.join(', ')} need API version 1.114.`,
    });
  }
  const view = api.views.get(FIRMWARE_VIEW, request.minor, selection === 'list' ? 'all' : selection);
  const components = await api.store.firmware_components.list(node.uuid);
  const context = viewContext(request, api);
  return { status: 200, body: { firmware: components.map((component) => view.render(component, context)) } };
};

/** GET /v1/nodes/{node}/inventory */
export const showInventory: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:inventory:get');
  const found = await api.store.inventory.get(node.uuid);
  if (found === null) throw serviceError('NotFound', { kind: 'Inventory of node', ident: node.uuid });
  return { status: 200, body: { inventory: found.inventory, plugin_data: found.plugin_data } };
};

/** GET /v1/nodes/{node}/children */
export const listChildren: Handler = async (request, api) => {
  const node = await findNodeFor(api, request);
  const children = await api.store.nodes.list({
    scope: projectScope(listProject(api.policy, 'node', request.caller)),
    where: { parent_node: node.uuid },
    include_children: true,
    fields: ['uuid'],
    limit: api.settings.api.max_limit,
  });
  const links = { href: `${request.base_url}/v1/nodes?parent_node=${node.uuid}`, rel: 'children' };
  return { status: 200, body: { children: children.map(({ uuid }) => uuid), links } };
};
