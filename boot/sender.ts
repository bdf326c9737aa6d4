import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Pace } from './rack-pace.ts';

/** What a file is read with: as many bytes as there are from `position` on, `length` at most. */
export interface Readable {
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
}

/**
 * Sends bytes of a file, from `start` to `end` and both with them, as the body of a response whose head is written, and ends it.
 * Comes back early when the client is gone.
 * @throws Error when the file ends before its last byte: the response is to be cut off then.
 */
export type Sender = (
  handle: Readable,
  part: { start: number; end: number },
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<void>;

/** One read and one write per chunk: at 64 KiB these calls cost more than the bytes. */
const BIG_BYTES = 512 * 1024;
const SMALL_BYTES = 64 * 1024;
/** Downloads at once that have big chunks, two each: 32 MiB in all. Those beyond have small ones. */
const BIG_AT_ONCE = 32;

/** @param pace holds a download back while its rack has had its share; then all chunks are small, so that each gets its turn. */
export function createSender(pace: Pace | null): Sender {
  let big = 0;
  return async (handle, part, request, response) => {
    const is_big = pace === null && big < BIG_AT_ONCE;
    if (is_big) big++;
    try {
      await pump(handle, part, is_big ? BIG_BYTES : SMALL_BYTES, response, (bytes) =>
        pace === null ? null : pace(request.socket.remoteAddress ?? '', bytes),
      );
    } finally {
      if (is_big) big--;
    }
  };
}

/** While one chunk is written the next one is read, into two buffers that are used in turns: nothing is left for the collector. */
async function pump(
  handle: Readable,
  { start, end }: { start: number; end: number },
  most_bytes: number,
  response: ServerResponse,
  pace: (bytes: number) => Promise<void> | null,
): Promise<void> {
  const chunk_bytes = Math.min(most_bytes, end + 1 - start);
  const buffers = [Buffer.allocUnsafeSlow(chunk_bytes), Buffer.allocUnsafeSlow(chunk_bytes)];
  const gone = new Promise<void>((resolve) => response.once('close', resolve));
  let written: Promise<void> = Promise.resolve();
  for (let position = start, turn = 0; position <= end && !response.destroyed; turn ^= 1) {
    const buffer = buffers[turn] as Buffer;
    const { bytesRead } = await handle.read(buffer, 0, Math.min(chunk_bytes, end + 1 - position), position);
    if (bytesRead === 0) throw new Error(`The file ended at byte ${position}, before byte ${end}.`);
    await Promise.race([written, gone]);
    const wait = pace(bytesRead);
    if (wait !== null) await Promise.race([wait, gone]);
    written = write(response, bytesRead === chunk_bytes ? buffer : buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
  await Promise.race([written, gone]);
  response.end();
}

/** Resolves when the bytes have left the buffer, or never will. */
function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => response.write(bytes, () => resolve()));
}
