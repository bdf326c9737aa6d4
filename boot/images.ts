import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import type { Readable, Sender } from './sender.ts';

/**
 * Answers GET and HEAD of one file below `folder`. Anything else than a regular file that really lies there (a folder,
 * a device, a link that leads out, a path with `..`) is 404, so that a reply says nothing about the rest of the disk.
 *
 * @param path the part of the URL's path behind `/images/`, still percent-encoded.
 */
export async function sendImage(
  folder: string,
  path: string,
  sender: Sender,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const file = await openBelow(folder, path);
  if (file === null) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('No such image.\n');
    return;
  }
  await using handle = file;
  await sendFile(handle, sender, request, response);
}

/** Answers GET and HEAD of a file that is open, whole or one range of it. */
export async function sendFile(
  handle: FileHandle,
  sender: Sender,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { size, mtime } = await handle.stat();
  const etag = `"${size.toString(16)}-${mtime.getTime().toString(16)}"`;
  const content = { handle, size, etag, headers: { 'last-modified': mtime.toUTCString() } };
  await sendContent(content, sender, request, response);
}

/** Bytes that have a name for what they are. */
export interface Content {
  handle: Readable;
  size: number;
  etag: string;
  headers: Readonly<Record<string, string>>;
}

/** Answers GET and HEAD of bytes, all of them or one range. */
export async function sendContent(
  { etag, handle, headers: more, size }: Content,
  sender: Sender,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const headers = {
    etag,
    ...more,
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
  };
  if (matches(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const condition = request.headers['if-range'];
  const range = condition === undefined || condition === etag ? request.headers.range : undefined;
  const part = parseRange(range, size);
  if (part === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  if (part === null) response.writeHead(200, { ...headers, 'content-length': size });
  else
    response.writeHead(206, {
      ...headers,
      'content-length': part.end - part.start + 1,
      'content-range': `bytes ${part.start}-${part.end}/${size}`,
    });
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  await sender(handle, part ?? { start: 0, end: size - 1 }, request, response);
}

/**
 * One byte range of a file (RFC 9110 14.1.2). null: send the whole file, which is also the answer to a header that is
 * malformed or asks for several ranges.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return null;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

async function openBelow(folder: string, path: string): Promise<FileHandle | null> {
  const relative = decode(path);
  if (relative === null) return null;
  try {
    const root = await realpath(folder);
    const target = await realpath(join(root, relative));
    if (!target.startsWith(root + sep)) return null;
    return await openRegular(target);
  } catch (error) {
    if (MISSING.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

const MISSING: ReadonlySet<string> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'EACCES',
  'EISDIR',
]);

/** A regular file, opened; null: it is something else. Without O_NONBLOCK, opening a named pipe would wait for its writer. */
export async function openRegular(path: string): Promise<FileHandle | null> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  const stat = await handle.stat();
  if (stat.isFile()) return handle;
  await handle.close();
  return null;
}

/** The decoded path, or null when a part of it is empty, hidden, `.` or `..`, or cannot be a file name. */
function decode(path: string): string | null {
  try {
    const parts = path.split('/').map(decodeURIComponent);
    const good = parts.every((part) => part !== '' && !part.startsWith('.') && !/[/\\\0]/.test(part));
    return good ? parts.join(sep) : null;
  } catch {
    return null;
  }
}

function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '')
    .split(',')
    .map((item) => item.trim().replace(/^W\//, ''))
    .some((item) => item === etag || item === '*');
}
