import type { IncomingMessage } from 'node:http';
import { serviceError } from '../../lifecycle/errors.ts';
import type { Json } from '../../lifecycle/json.ts';
import { PlainFault } from './wire-error.ts';

export const DEFAULT_BODY_LIMIT = 1024 * 1024;
const MAX_NESTING = 25;

/**
 * Reads and parses a request's JSON body; undefined when it is empty.
 *
 * @param limit bytes; one more is refused without being kept.
 * @throws PlainFault 413 (too large) and 400 (nested deeper than 25); ServiceError 400 when it is no JSON.
 */
export async function readJsonBody(request: IncomingMessage, limit: number): Promise<Json | undefined> {
  const bytes = await readBody(request, limit);
  if (bytes.length === 0) return undefined;
  if (nestingOf(bytes) > MAX_NESTING) {
    throw new PlainFault(400, `The JSON body is nested deeper than ${MAX_NESTING} levels.`);
  }
  try {
    return JSON.parse(bytes.toString('utf8')) as Json;
  } catch {
    throw serviceError('InvalidParameterValue', { why: 'The request body is not valid JSON.' });
  }
}

function tooLarge(limit: number): PlainFault {
  return new PlainFault(413, `Request body is larger than ${limit} bytes.`);
}

/** Events, not iteration: leaving a loop early would destroy the request, and the refusal could not be sent any more. */
function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > limit) {
      reject(tooLarge(limit));
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        chunks.length = 0;
        reject(tooLarge(limit));
      }
    });
    request.once('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    request.once('error', reject);
    request.once('close', () => reject(new Error('The client went away before its request was complete.')));
  });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Deepest nesting of arrays and objects, read off the bytes so that a hostile body is refused before it is parsed. */
function nestingOf(bytes: Buffer): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) at = endOfString(bytes, at + 1);
    else if (OPENING.has(byte)) deepest = Math.max(deepest, ++depth);
    else if (CLOSING.has(byte)) depth--;
  }
  return deepest;
}

function endOfString(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start); end !== -1; end = bytes.indexOf(QUOTE, end + 1)) {
    let slashes = 0;
    while (bytes[end - 1 - slashes] === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return bytes.length;
}
