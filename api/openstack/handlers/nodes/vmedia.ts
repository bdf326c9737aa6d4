import { serviceError } from '../../../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../../../lifecycle/json.ts';
import { VIRTUAL_MEDIA_DEVICES, type VirtualMediaDevice } from '../../../../lifecycle/virtual-media.ts';
import { wordList } from '../../../http/value-syntax.ts';
import type { Handler } from '../../handler.ts';
import { findNodeFor } from '../../node-access.ts';

/** GET /v1/nodes/{node}/vmedia: a bare array. */
export const listVirtualMedia: Handler = async (request, api) => {
  const node = await findNodeFor(api, request, 'baremetal:node:vmedia:get');
  const slots = await api.conductor.call(node, 'get_virtual_media', {}, request.caller);
  return { status: 200, body: slots as unknown as Json };
};

/** Schemes of images that a BMC may fetch. */
const SCHEMES = ['http', 'https', 'nfs', 'cifs', 'smb'];

/** The URL of an image, if a BMC may be told to fetch it. @throws InvalidParameterValue */
export function attachableUrl(image_url: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(image_url)?.[1]?.toLowerCase() ?? '';
  if (SCHEMES.includes(scheme)) return image_url;
  throw serviceError('InvalidParameterValue', {
    why: `Unsupported or missing URL scheme: ${scheme}. Use one of ${SCHEMES.join(', ')}.`,
  });
}

/** POST /v1/nodes/{node}/vmedia: 204 although the work goes on in the background. */
export const attachVirtualMedia: Handler = async (request, api) => {
  const { device_type, image_url } = request.body as { device_type: VirtualMediaDevice; image_url: string };
  attachableUrl(image_url);
  const node = await findNodeFor(api, request, 'baremetal:node:vmedia:attach');
  await api.conductor.changeHardware(
    node,
    { kind: 'attach_virtual_media', device_type, image_url },
    request.caller,
  );
  return { status: 204 };
};

/** DELETE /v1/nodes/{node}/vmedia: device_types in the query or in a body, as a list or with commas; absent: all. */
export const detachVirtualMedia: Handler = async (request, api) => {
  const given = request.query.device_types ?? ((request.body ?? {}) as JsonObject).device_types ?? null;
  const words = Array.isArray(given) ? given.map(String) : given === null ? [] : wordList(String(given));
  const invalid = words.filter((word) => !isDevice(word));
  if (invalid.length > 0) {
    throw serviceError('InvalidParameterValue', {
      why: `Invalid device type(s) ${invalid.join(', ')} (valid are ${VIRTUAL_MEDIA_DEVICES.join(', ')}).`,
    });
  }
  const node = await findNodeFor(api, request, 'baremetal:node:vmedia:detach');
  const devices = words.filter(isDevice);
  const device_types = devices.length === 0 ? null : devices;
  await api.conductor.changeHardware(node, { kind: 'detach_virtual_media', device_types }, request.caller);
  return { status: 204 };
};

function isDevice(word: string): word is VirtualMediaDevice {
  return VIRTUAL_MEDIA_DEVICES.some((device) => device === word);
}
