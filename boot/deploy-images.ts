import { timingSafeEqual } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Store } from '../db/store.ts';
import { filePathProblem, parseImageSource } from '../lifecycle/image-source.ts';
import type { JsonObject } from '../lifecycle/json.ts';
import type { GlanceClient } from '../net/glance-client.ts';
import { NeighbourError } from '../net/service-session.ts';
import { openRegular, sendFile } from './images.ts';

export interface DeployImages {
  store: { nodes: Pick<Store['nodes'], 'get'> };
  /** null: not configured. */
  glance: GlanceClient | null;
  /** `[conductor]file_url_allowed_paths` */
  allowed_paths: readonly string[];
}

const PATH = /^\/deploy-images\/([0-9a-f-]{36})\/([A-Za-z0-9_-]{1,64})$/;

/** Headers of Glance that say what its bytes are. */
const PASSED_ON = ['content-length', 'content-range', 'accept-ranges'];

/**
 * Answers GET and HEAD of the image of a node's deployment, to whoever knows the deployment's token; all else is 404, as
 * when the image is gone.
 * @returns false when the path is none of these.
 */
export async function sendDeployImage(
  { store, glance, allowed_paths }: DeployImages,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [, node_uuid, token] = PATH.exec(path) ?? [];
  if (node_uuid === undefined || token === undefined) return false;
  const node = await store.nodes.get(node_uuid);
  const source = sourceOf(node?.driver_internal_info.deploy_image, token);
  const parsed = source === null ? null : parseImageSource(source);
  if (parsed === null || 'problem' in parsed || parsed.kind === 'http') notFound(response);
  else if (parsed.kind === 'file') await sendAllowed(parsed.path, allowed_paths, request, response);
  else if (glance === null) notFound(response);
  else await passOn(glance, parsed.image_id, request, response);
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

/** A link may not lead out of what is allowed. */
async function sendAllowed(
  path: string,
  allowed_paths: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const real = await realpath(path).catch(() => null);
  const folders = await Promise.all(allowed_paths.map((folder) => realpath(folder).catch(() => folder)));
  const allowed =
    filePathProblem(path, allowed_paths) === null && real !== null && filePathProblem(real, folders) === null;
  const file = allowed ? await openRegular(real).catch(() => null) : null;
  if (file === null) return notFound(response);
  await using handle = file;
  await sendFile(handle, request, response);
}

async function passOn(
  glance: GlanceClient,
  image_id: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    if (request.method === 'HEAD') {
      // Whether it may be deployed was asked when the token was made.
      const { size } = await glance.show(image_id, { any_project: true });
      response.writeHead(200, size === null ? {} : { 'content-length': size }).end();
      return;
    }
    const { status, headers, body } = await glance.download(image_id, request.headers.range, gone.signal);
    const passed = PASSED_ON.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    response.writeHead(status, {
      'content-type': 'application/octet-stream',
      ...Object.fromEntries(passed),
    });
    if (body === null) response.end();
    else await pipeline(Readable.fromWeb(body), response);
  } catch (error) {
    if (error instanceof NeighbourError && error.status === 404) return notFound(response);
    throw error;
  }
}

function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/plain' }).end('No such image.\n');
}
