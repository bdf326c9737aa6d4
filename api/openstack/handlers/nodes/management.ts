import { serviceError } from '../../../../lifecycle/errors.ts';
import type { JsonObject } from '../../../../lifecycle/json.ts';
import type { Handler } from '../../handler.ts';
import { findNodeFor } from '../../node-access.ts';
import { parseBoolean } from '../../value-syntax.ts';

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
