import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import { parseBoolean } from '../../../http/value-syntax.ts';
import type { ApiRequest, Handler } from '../../handler.ts';
import { findNodeFor } from '../../node-access.ts';
import { linkPair } from '../../views/fields.ts';

/** GET /v1/nodes/{node}/management/boot_device */
export const showBootDevice: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:get_boot_device');
  return { status: 200, body: await api.conductor.call(node, 'get_boot_device', {}, request.caller) };
};

/** PUT /v1/nodes/{node}/management/boot_device: arguments in the body or in the query. */
export const setBootDevice: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:set_boot_device');
  const given: JsonObject = { ...request.query, ...((request.body ?? {}) as JsonObject) };
  if (typeof given.boot_device !== 'string') {
    throw serviceError('MissingParameterValue', { why: 'The request needs boot_device.' });
  }
  const persistent =
    (given.persistent ?? null) === null ? false : parseBoolean('persistent', given.persistent);
  await api.conductor.call(
    node,
    'set_boot_device',
    { boot_device: given.boot_device, persistent },
    request.caller,
  );
  return { status: 204 };
};

/** GET /v1/nodes/{node}/management/boot_device/supported */
export const listBootDevices: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:get_boot_device');
  return {
    status: 200,
    body: await api.conductor.call(node, 'get_supported_boot_devices', {}, request.caller),
  };
};

/** PUT /v1/nodes/{node}/management/inject_nmi */
export const injectNmi: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:inject_nmi');
  await api.conductor.call(node, 'inject_nmi', {}, request.caller);
  return { status: 204 };
};

/** GET /v1/nodes/{node}/management/indicators */
export const listIndicators: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:get_indicator_state');
  const { indicators } = await api.conductor.call(node, 'get_supported_indicators', {}, request.caller);
  const ident = request.params.node ?? node.uuid;
  return {
    status: 200,
    body: {
      indicators: indicators.map(({ component, id, readonly, states }) => {
        const name = `${id}@${component}`;
        const links = linkPair(request.base_url, `nodes/${ident}/management/indicators/${name}`);
        return { name, component, readonly, states: [...states], links };
      }),
    },
  };
};

/** GET /v1/nodes/{node}/management/indicators/{indicator} */
export const showIndicator: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:get_indicator_state');
  const body = await api.conductor.call(node, 'get_indicator_state', indicatorOf(request), request.caller);
  return { status: 200, body: { ...body } };
};

/** PUT /v1/nodes/{node}/management/indicators/{indicator} */
export const setIndicator: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:set_indicator_state');
  const state = String((request.body as JsonObject).state);
  await api.conductor.call(node, 'set_indicator_state', { ...indicatorOf(request), state }, request.caller);
  return { status: 204 };
};

/** `<id>@<component>`, in one segment of the path. @throws InvalidParameterValue */
function indicatorOf({ params }: ApiRequest): { component: string; indicator: string } {
  const name = params.indicator ?? '';
  const at = name.indexOf('@');
  if (at === -1) {
    throw serviceError('InvalidParameterValue', {
      why: `Malformed indicator name "${name}": it has the form <indicator>@<component>.`,
    });
  }
  return { indicator: name.slice(0, at), component: name.slice(at + 1) };
}
