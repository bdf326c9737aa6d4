import { realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { filePathProblem, type ImageSource } from '../lifecycle/image-source.ts';
import type { GlanceClient } from '../net/glance-client.ts';
import { NeighbourError } from '../net/service-session.ts';
import { openRegular, sendFile } from './images.ts';
import type { Sender } from './sender.ts';

/** Where images come from that no URL of their own names. */
export interface Sources {
  /** null: not configured. */
  glance: GlanceClient | null;
  /** `[conductor]file_url_allowed_paths` */
  allowed_paths: readonly string[];
  sender: Sender;
}

/** Headers of Glance that say what its bytes are. */
const PASSED_ON = ['content-length', 'content-range', 'accept-ranges'];

/**
 * Answers GET and HEAD of an image of Glance or of a file; 404 when there is none, or none that may be sent.
 * @param any_project whether images of other projects may be: somebody has asked before.
 */
export async function sendSource(
  { glance, allowed_paths, sender }: Sources,
  source: ImageSource,
  { any_project }: { any_project: boolean },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (source.kind === 'file') return sendAllowed(source.path, { allowed_paths, sender }, request, response);
  if (source.kind === 'http' || glance === null) return notFound(response);
  return passOn(glance, source.image_id, any_project, request, response);
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

async function passOn(
  glance: GlanceClient,
  image_id: string,
  any_project: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    if (request.method === 'HEAD' || !any_project) {
      const { size } = await glance.show(image_id, { any_project });
      if (request.method === 'HEAD') {
        response.writeHead(200, size === null ? {} : { 'content-length': size }).end();
        return;
      }
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

export function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'text/plain' }).end('No such image.\n');
}
