import { realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { filePathProblem, type ImageSource } from '../lifecycle/image-source.ts';
import type { GlanceClient, GlanceImage } from '../net/glance-client.ts';
import { NeighbourError } from '../net/service-session.ts';
import type { ImageCache, ImageKey } from './image-cache.ts';
import { openRegular, sendContent, sendFile } from './images.ts';
import type { Pace } from './rack-pace.ts';
import type { Sender } from './sender.ts';

/** Where images come from that no URL of their own names. */
export interface Sources {
  /** null: not configured. */
  glance: GlanceClient | null;
  /** `[conductor]file_url_allowed_paths` */
  allowed_paths: readonly string[];
  /** Where images of Glance are kept. null: nowhere. */
  cache: ImageCache | null;
  sender: Sender;
  /** For what the sender does not send. */
  pace: Pace | null;
}

/** Headers of Glance that say what its bytes are. */
const PASSED_ON = ['content-length', 'content-range', 'accept-ranges'];

/**
 * Answers GET and HEAD of an image of Glance or of a file; 404 when there is none, or none that may be sent.
 * @param any_project whether images of other projects may be: somebody has asked before.
 */
export async function sendSource(
  sources: Sources,
  source: ImageSource,
  { any_project }: { any_project: boolean },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (source.kind === 'file') return sendAllowed(source.path, sources, request, response);
  const { glance } = sources;
  if (source.kind === 'http' || glance === null) return notFound(response);
  try {
    const image = await glance.show(source.image_id, { any_project });
    if (await sendKept(sources, glance, image, request, response)) return;
    await passOn(sources.pace, glance, image, request, response);
  } catch (error) {
    if (error instanceof NeighbourError && error.status === 404) return notFound(response);
    throw error;
  }
}

/** A link may not lead out of what is allowed. */
async function sendAllowed(
  path: string,
  { allowed_paths, sender }: Pick<Sources, 'allowed_paths' | 'sender'>,
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
  await sendFile(handle, sender, request, response);
}

/** @returns false: it is none that is kept. */
async function sendKept(
  { cache, sender }: Pick<Sources, 'cache' | 'sender'>,
  glance: GlanceClient,
  image: GlanceImage,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const key = keyOf(image);
  if (cache === null || key === null) return false;
  const kept = await cache.open(key, async (signal) => {
    const { body } = await glance.download(image.id, undefined, signal);
    if (body === null) throw new NeighbourError(`Glance has no bytes of the image ${image.id}.`, null);
    return body;
  });
  if (kept === null) return false;
  await using handle = kept;
  const content = { handle, size: key.size, etag: `"${key.value}"`, headers: {} };
  await sendContent(content, sender, request, response);
  return true;
}

/** null: Glance does not say what its bytes are. */
function keyOf({ os_hash_algo, os_hash_value, size }: GlanceImage): ImageKey | null {
  if (os_hash_algo === null || os_hash_value === null || size === null) return null;
  return { algorithm: os_hash_algo.toLowerCase(), value: os_hash_value.toLowerCase(), size };
}

async function passOn(
  pace: Pace | null,
  glance: GlanceClient,
  image: GlanceImage,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'HEAD') {
    response.writeHead(200, image.size === null ? {} : { 'content-length': image.size }).end();
    return;
  }
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const { status, headers, body } = await glance.download(image.id, request.headers.range, gone.signal);
  const passed = PASSED_ON.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  response.writeHead(status, {
    'content-type': 'application/octet-stream',
    ...Object.fromEntries(passed),
  });
  if (body === null) response.end();
  else await pipeline(Readable.from(paced(body, pace, request.socket.remoteAddress ?? '')), response);
}

async function* paced(
  chunks: AsyncIterable<Uint8Array>,
  pace: Pace | null,
  address: string,
): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    await pace?.(address, chunk.length);
    yield chunk;
  }
}

export function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/plain' }).end('No such image.\n');
}
