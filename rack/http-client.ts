import { type Agent, request } from 'undici';
import { httpAgent } from '../net/http-agent.ts';

/** Replies of a service that are read whole are not larger than this. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface HttpReply {
  status: number;
  text: string;
}

/** The HTTP that a virtual server speaks: connections of its own that end with it, and a bound on every wait. */
export class HttpClient implements AsyncDisposable {
  readonly #agent: Agent;
  readonly #signal: AbortSignal;
  readonly #timeout_ms: number;

  /**
   * @param signal ends every request, as switching the server off does.
   * @param ca certificates that HTTPS servers are checked with, beside the system's.
   */
  constructor(signal: AbortSignal, timeout_ms: number, ca?: string) {
    this.#agent = httpAgent({ connect: { timeout: timeout_ms, ...(ca === undefined ? {} : { ca }) } });
    this.#signal = signal;
    this.#timeout_ms = timeout_ms;
  }

  /** @throws Error when there is no reply, or a larger one than the bound. Aborted: the signal's reason. */
  async send(
    method: 'GET' | 'POST',
    url: string,
    options: { headers?: Record<string, string>; body?: string } = {},
  ): Promise<HttpReply> {
    const { statusCode, body } = await this.#request(method, url, options);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += (chunk as Buffer).length;
      if (size > MAX_BODY_BYTES)
        throw new Error(`The reply of ${url} is larger than ${MAX_BODY_BYTES} bytes.`);
      chunks.push(chunk as Buffer);
    }
    return { status: statusCode, text: Buffer.concat(chunks).toString('utf8') };
  }

  /** A reply's status and its body as it arrives; the caller reads it to the end or destroys it. */
  async stream(url: string): Promise<{ status: number; chunks: AsyncIterable<Uint8Array> }> {
    const { statusCode, body } = await this.#request('GET', url, {});
    return { status: statusCode, chunks: body };
  }

  /** Downloads and forgets; true when it all came with status 200. */
  async fetchAndForget(url: string): Promise<boolean> {
    const { status, chunks } = await this.stream(url);
    for await (const _ of chunks);
    return status === 200;
  }

  async #request(
    method: 'GET' | 'POST',
    url: string,
    options: { headers?: Record<string, string>; body?: string },
  ) {
    return await request(url, {
      method,
      dispatcher: this.#agent,
      headersTimeout: this.#timeout_ms,
      bodyTimeout: this.#timeout_ms,
      signal: this.#signal,
      ...options,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}
