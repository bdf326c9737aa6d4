import { createHash, type Hash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DriverError } from '../contract.ts';
import type { Call } from './call.ts';
import { askFileServer } from './http.ts';

/** Larger than any firmware. */
const MAX_IMAGE_BYTES = 1024 ** 3;
/** Checksums as Ironic takes them: hexadecimal, told apart by their length. */
const ALGORITHMS: Readonly<Record<number, string>> = { 40: 'sha1', 64: 'sha256', 128: 'sha512' };

/** A firmware image in a file of ours, which is gone when it is disposed. */
export interface Image extends AsyncDisposable {
  path: string;
  /** As the file server calls it. */
  name: string;
  bytes: number;
}

/**
 * Fetches an image to a temporary file and checks it, before a BMC gets any of it.
 * @throws DriverError `rejected` when it is not to be had, too large, or another one than `checksum` says
 */
export async function fetchImage(url: string, checksum: string | null, call: Call): Promise<Image> {
  const hash = checksum === null ? null : hashFor(checksum);
  const folder = await mkdtemp(join(tmpdir(), 'kurogane-image-'));
  const dispose = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'image');
  try {
    call.waiting = { code: 'timeout', what: 'The firmware image could not be fetched in time.' };
    const bytes = await download(url, path, hash, call);
    if (hash !== null && hash.digest('hex') !== checksum?.toLowerCase())
      throw new DriverError(
        'rejected',
        'The firmware image has another checksum. Nothing was sent to the BMC.',
      );
    const name = basename(new URL(url).pathname).replace(/[^\w.-]/g, '_') || 'image';
    return { path, name, bytes, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function download(url: string, path: string, hash: Hash | null, call: Call): Promise<number> {
  let bytes = 0;
  try {
    const reply = await askFileServer(url, call);
    if (!reply.ok || reply.body === null)
      throw new DriverError('rejected', `The file server answered ${reply.status} for the firmware image.`);
    const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > MAX_IMAGE_BYTES)
          throw new DriverError('rejected', `The firmware image has more than ${MAX_IMAGE_BYTES} bytes.`);
        hash?.update(chunk);
        yield chunk;
      }
    };
    await pipeline(reply.body, counted, createWriteStream(path), { signal: call.signal });
  } catch (error) {
    call.signal.throwIfAborted();
    if (error instanceof DriverError) throw error;
    throw new DriverError('rejected', 'The firmware image could not be fetched. Check its URL.', {
      cause: error,
    });
  }
  return bytes;
}

function hashFor(checksum: string): Hash {
  const algorithm = /^[0-9a-f]+$/i.test(checksum) ? ALGORITHMS[checksum.length] : undefined;
  if (algorithm !== undefined) return createHash(algorithm);
  throw new DriverError(
    'rejected',
    'A checksum is 40, 64 or 128 hexadecimal digits: SHA-1, SHA-256 or SHA-512.',
  );
}
