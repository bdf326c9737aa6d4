import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/**
 * Writes what comes into an image's file from `offset` on, as it comes. Resolves with the bytes written: what came before the client
 * went away counts.
 * @param most one byte more is not taken: it is told by a result above `most`.
 */
export async function writePart(
  folder: string,
  uuid: string,
  offset: number,
  most: number,
  content: Readable,
): Promise<number> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  await using file = await openForWriting(join(folder, uuid));
  let written = 0;
  try {
    // Left alone when the loop is left early, so that the refusal can be sent.
    for await (const chunk of content.iterator({ destroyOnReturn: false })) {
      const bytes = chunk as Buffer;
      if (written + bytes.length > most) return most + 1;
      await file.write(bytes, 0, bytes.length, offset + written);
      written += bytes.length;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
  await file.datasync();
  return written;
}

/** SHA-256 of an image's file, in hex. */
export async function hashOf(folder: string, uuid: string): Promise<string> {
  await using file = await open(join(folder, uuid), 'r');
  const hash = createHash('sha256');
  for await (const bytes of file.createReadStream({ highWaterMark: 1024 * 1024, autoClose: false }))
    hash.update(bytes as Buffer);
  return hash.digest('hex');
}

export async function removeFile(folder: string, uuid: string): Promise<void> {
  await rm(join(folder, uuid), { force: true });
}

/** Neither cut off nor longer than what was written. */
async function openForWriting(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return await open(path, 'wx', 0o640).catch(() => open(path, 'r+'));
  }
}
