import { type Duplex, Readable } from 'node:stream';
import { type Agent, request } from 'undici';
import { parseBoundedJson } from '../../net/bounded-json.ts';
import { connectionTrouble } from '../../net/connection-trouble.ts';
import { httpAgent } from '../../net/http-agent.ts';
import { BodyTooLarge, readBounded } from '../../net/read-bounded.ts';
import { DriverError } from '../contract.ts';
import type { Call } from './call.ts';
import { openWebSocket } from './websocket.ts';

/** Message registries of real BMCs are below 2 MiB. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 30_000;
const MAX_REDIRECTS = 3;
/** Longer than any link of a service, and short enough for an error's text. */
const LONGEST_LINK = 1024;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface HttpReply {
  status: number;
  headers: Headers;
  /** Parsed JSON; null: the body is empty or no JSON. */
  body: unknown;
}

export interface HttpOptions {
  origin: string;
  /** PEM of the CAs; null: the system's. */
  ca: string | null;
  verify: boolean;
}

/** The connection broke, or there was none. `sent`: the BMC may have got the request. */
export class ConnectionError extends DriverError {
  readonly sent: boolean;
  /** Another attempt would end the same way. */
  readonly final: boolean;

  constructor(message: string, facts: { sent: boolean; final: boolean }) {
    super('unreachable', message);
    this.name = 'ConnectionError';
    this.sent = facts.sent;
    this.final = facts.final;
  }
}

/** HTTP to one BMC: one connection, bounded replies, nothing to any other host. Knows no Redfish. */
export class Http implements AsyncDisposable {
  readonly name: string;
  readonly #origin: string;
  readonly #agent: Agent;
  readonly #tls: { rejectUnauthorized: boolean; ca?: string };

  constructor({ origin, ca, verify }: HttpOptions) {
    this.#origin = origin;
    this.#tls = { rejectUnauthorized: verify, ...(ca === null ? {} : { ca }) };
    this.name = new URL(origin).host;
    this.#agent = httpAgent({
      connections: 1,
      pipelining: 1,
      // Each call has a deadline of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: CONNECT_TIMEOUT_MS, ...this.#tls },
    });
  }

  /**
   * The path of a link that the BMC gave.
   * @throws DriverError `rejected` when it leads to another host, or is too long for a link
   */
  pathOf(link: string): string {
    if (link.length > LONGEST_LINK)
      throw new DriverError('rejected', `${this.name}: The BMC gives a link of ${link.length} characters.`);
    const url = URL.canParse(link, this.#origin) ? new URL(link, this.#origin) : null;
    if (url === null || url.origin !== this.#origin)
      throw new DriverError('rejected', `${this.name}: The BMC links to another host, which is refused.`);
    return url.pathname + url.search;
  }

  /** Sends one request; follows redirects of GET within the BMC. @throws DriverError, ConnectionError */
  async send(
    method: Method,
    path: string,
    init: { headers: Record<string, string>; body?: string },
    call: Call,
  ): Promise<HttpReply> {
    let at = this.pathOf(path);
    for (let redirects = 0; ; redirects += 1) {
      const reply = await this.#sendOnce(method, at, init, call);
      if (!REDIRECTS.has(reply.status)) return reply;
      const location = reply.headers.get('location');
      if (method !== 'GET' || location === null || redirects === MAX_REDIRECTS)
        throw new DriverError(
          'rejected',
          `${this.name}: The BMC redirects ${method} ${at}, which is refused.`,
        );
      at = this.pathOf(location);
    }
  }

  /** Sends a body of known length as it comes, once, with POST. @throws DriverError, ConnectionError */
  async sendStream(
    path: string,
    init: { headers: Record<string, string>; body: AsyncIterable<Uint8Array> },
    call: Call,
  ): Promise<HttpReply> {
    call.waiting = { code: 'timeout', what: 'The BMC did not take the whole image in time.' };
    const { headers, body } = init;
    let sent = false;
    const noted = async function* () {
      yield* body;
      sent = true;
    };
    // The global fetch sends streams in chunks of HTTP, which the web servers of some BMCs do not take.
    const options = {
      method: 'POST',
      headers,
      body: Readable.from(noted()),
      dispatcher: this.#agent,
      signal: call.signal,
    } as const;
    let response: Response;
    try {
      const reply = await request(this.#origin + this.pathOf(path), options);
      const none = reply.statusCode === 204 || reply.statusCode === 205;
      if (none) await reply.body.dump();
      response = new Response(
        none ? null : (Readable.toWeb(reply.body) as unknown as ReadableStream<Uint8Array>),
        {
          status: reply.statusCode,
          headers: reply.headers as Record<string, string>,
        },
      );
    } catch (error) {
      call.signal.throwIfAborted();
      // A BMC that has got a part of it only does not begin.
      const { message, final } = this.#connectionError(error);
      throw new ConnectionError(message, { sent, final });
    }
    const text = await this.#readText(response, call);
    return { status: response.status, headers: response.headers, body: this.#parse(response, text, path) };
  }

  /** Opens a WebSocket, on a connection of its own; or what the BMC answers instead. @throws DriverError, ConnectionError */
  async webSocket(
    path: string,
    headers: Record<string, string>,
    call: Call,
  ): Promise<{ stream: Duplex } | { reply: HttpReply }> {
    call.waiting = { code: 'unreachable', what: 'The BMC did not open the WebSocket in time.' };
    const url = `${this.#origin.replace(/^http/, 'ws')}${this.pathOf(path)}`;
    try {
      const opened = await openWebSocket(url, { headers, ...this.#tls }, call.signal);
      return 'stream' in opened ? opened : { reply: { ...opened, body: null } };
    } catch (error) {
      call.signal.throwIfAborted();
      throw this.#connectionError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #sendOnce(
    method: Method,
    path: string,
    init: { headers: Record<string, string>; body?: string },
    call: Call,
  ): Promise<HttpReply> {
    call.waiting = { code: 'unreachable', what: 'The BMC did not answer in time.' };
    // The global fetch takes an undici dispatcher, which its types know from another version of undici.
    const request = {
      method,
      ...init,
      redirect: 'manual',
      signal: call.signal,
      dispatcher: this.#agent,
    } as unknown as RequestInit;
    let response: Response;
    try {
      response = await fetch(this.#origin + path, request);
    } catch (error) {
      call.signal.throwIfAborted();
      throw this.#connectionError(error);
    }
    call.waiting = { code: 'timeout', what: `The BMC did not finish its answer to ${method} ${path}.` };
    const text = await this.#readText(response, call);
    return { status: response.status, headers: response.headers, body: this.#parse(response, text, path) };
  }

  async #readText(response: Response, call: Call): Promise<string> {
    try {
      return await readBounded(response, MAX_BODY_BYTES);
    } catch (error) {
      call.signal.throwIfAborted();
      if (error instanceof BodyTooLarge) throw new DriverError('rejected', `${this.name}: ${error.message}`);
      throw this.#connectionError(error);
    }
  }

  #parse(response: Response, text: string, path: string): unknown {
    if (text.trim() === '') return null;
    try {
      return parseBoundedJson(text);
    } catch {
      // A proxy's page about an error says enough with its status.
      if (!response.ok) return null;
      throw new DriverError(
        'rejected',
        `${this.name}: The answer to ${path} is no JSON of a Redfish service.`,
      );
    }
  }

  #connectionError(error: unknown): ConnectionError {
    const { code, kind, sent } = connectionTrouble(error);
    const words = {
      certificate: `Its certificate is refused (${code}). Set redfish_verify_ca to the file of the CA that signed it.`,
      name: `The name cannot be resolved (${code}). Check redfish_address and the name service.`,
      connection: `The BMC cannot be reached (${code}). Check redfish_address and the network.`,
    }[kind];
    return new ConnectionError(`${this.name}: ${words}`, { sent, final: kind === 'certificate' });
  }
}

/** Asks a file server, which is no BMC: it gets no credentials. */
export function askFileServer(url: string, call: Call): Promise<Response> {
  return fetch(url, { signal: call.signal });
}
