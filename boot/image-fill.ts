import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Begins a download: its bytes as they come. @throws when there is nothing to come */
export type FillSource = (signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;

export interface FillOptions {
  /** File that is written; nothing may be there. */
  path: string;
  /** What the bytes have to be: a hash as Node names it, its value in lower-case hexadecimal, and how many. */
  algorithm: string;
  value: string;
  size: number;
  source: FillSource;
  signal: AbortSignal;
}

/** A file that grows by a download. */
export interface Fill {
  /** Resolves with a number of bytes that may be read, greater than `position`. @throws why the download failed */
  readable(position: number): Promise<number>;
  /** Resolves when all of it is on the disk and had the right hash. */
  whole: Promise<void>;
}

/**
 * Downloads into a file that others read meanwhile. The last byte may be read when the hash of all was right, so that nobody has the whole of
 * something wrong. Resolves when the download has begun.
 * @throws what `source` throws.
 */
export async function startFill(options: FillOptions): Promise<Fill> {
  const { algorithm, path, signal, size, source, value } = options;
  const chunks = await source(signal);
  const opened = await open(path, 'wx');
  let readable = 0;
  let failure: Error | null = null;
  const waiting: (() => void)[] = [];
  const grow = (bytes: number): void => {
    readable = bytes;
    for (const wake of waiting.splice(0)) wake();
  };
  const receive = async (): Promise<void> => {
    await using file = opened;
    const hash = createHash(algorithm);
    let written = 0;
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      if (written + chunk.length > size)
        throw new Error(`It has more than the ${size} bytes that were told.`);
      hash.update(chunk);
      await file.writeFile(chunk);
      written += chunk.length;
      grow(Math.min(written, size - 1));
    }
    if (written < size) throw new Error(`It ended after ${written} of ${size} bytes.`);
    const found = hash.digest('hex');
    if (found !== value) throw new Error(`Its ${algorithm} is ${found}, not ${value}.`);
    // Its name will say that it is whole: also after the power went.
    await file.sync();
  };
  const whole = receive().then(
    () => grow(size),
    (error: Error) => {
      failure = error;
      grow(readable);
      throw error;
    },
  );
  return {
    whole,
    async readable(position) {
      while (readable <= position) {
        if (failure !== null) throw failure;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      return readable;
    },
  };
}
