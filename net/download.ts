import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/**
 * Fetches what a URL leads to into a file. @throws Error that says why it is not to be had; the signal's reason
 *
 * @returns its length in bytes.
 */
export async function download(
  url: string,
  path: string,
  { most_bytes, signal }: { most_bytes: number; signal: AbortSignal },
): Promise<number> {
  const reply = await fetch(url, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new Error(`${shown(url)} cannot be reached.`, { cause: error });
  });
  if (!reply.ok || reply.body === null) throw new Error(`${shown(url)} was answered ${reply.status}.`);
  let bytes = 0;
  const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > most_bytes) throw new Error(`${shown(url)} has more than ${most_bytes} bytes.`);
      yield chunk;
    }
  };
  await pipeline(reply.body, counted, createWriteStream(path), { signal });
  return bytes;
}

/** Without what may be a secret in it. */
function shown(url: string): string {
  if (!URL.canParse(url)) return 'What is no URL';
  const { host, pathname, protocol } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
