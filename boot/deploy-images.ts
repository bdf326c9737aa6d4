import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Store } from '../db/store.ts';
import { parseImageSource } from '../lifecycle/image-source.ts';
import type { JsonObject } from '../lifecycle/json.ts';
import { notFound, type Sources, sendSource } from './send-source.ts';

const PATH = /^\/deploy-images\/([0-9a-f-]{36})\/([A-Za-z0-9_-]{1,64})$/;

/**
 * Answers GET and HEAD of the image of a node's deployment, to whoever knows the deployment's token; all else is 404, as
 * when the image is gone.
 * @returns false when the path is none of these.
 */
export async function sendDeployImage(
  options: Sources & { store: { nodes: Pick<Store['nodes'], 'get'> } },
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [, node_uuid, token] = PATH.exec(path) ?? [];
  if (node_uuid === undefined || token === undefined) return false;
  const node = await options.store.nodes.get(node_uuid);
  const source = sourceOf(node?.driver_internal_info.deploy_image, token);
  const parsed = source === null ? null : parseImageSource(source);
  if (parsed === null || 'problem' in parsed) notFound(response);
  // Whether it may be deployed was asked when the token was made.
  else await sendSource(options, parsed, { any_project: true }, request, response);
  return true;
}

/** The image that a token is for; null: for none. */
function sourceOf(image: unknown, token: string): string | null {
  if (typeof image !== 'object' || image === null) return null;
  const { token: known, source } = image as JsonObject;
  if (typeof known !== 'string' || typeof source !== 'string') return null;
  const [given, wanted] = [Buffer.from(token), Buffer.from(known)];
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? source : null;
}
