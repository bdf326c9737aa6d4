/** A body that is longer than its reader takes. */
export class BodyTooLarge extends Error {
  constructor(most_bytes: number) {
    super(`The answer is larger than ${most_bytes} bytes.`);
    this.name = 'BodyTooLarge';
  }
}

/**
 * The text of a response, read no further than its limit.
 * @throws BodyTooLarge; whatever the connection throws when it breaks.
 */
export async function readBounded(response: Response, most_bytes: number): Promise<string> {
  return (await readBytesBounded(response, most_bytes)).toString('utf8');
}

/**
 * The bytes of a response, as readBounded.
 * @throws BodyTooLarge; whatever the connection throws when it breaks.
 */
export async function readBytesBounded(response: Response, most_bytes: number): Promise<Buffer> {
  if (response.body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > most_bytes) throw new BodyTooLarge(most_bytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
