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
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > most_bytes) throw new BodyTooLarge(most_bytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
