import { readFileSync } from 'node:fs';
import type { LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import type { Agent } from 'undici';
import type { Json } from '../lifecycle/json.ts';
import { httpAgent } from './http-agent.ts';
import { readBounded } from './read-bounded.ts';

/** The system's authorities and those of the file, PEM. @throws Error when it cannot be read */
export function authorities(cafile: string): string[] {
  return [...rootCertificates, readFileSync(cafile, 'utf8')];
}

/** One answer of a service that speaks JSON. */
export interface JsonAnswer {
  status: number;
  headers: Headers;
  /** Parsed JSON; null when the body is empty or no JSON. */
  body: Json;
}

/** HTTP to the endpoints of one OpenStack service. */
export interface JsonHttp {
  /**
   * @param options.repeat the request may be sent twice: a connection that was lost on the way is replaced, once, within the
   * same time limit.
   * @throws Error when no answer came: refused, timed out, redirected, too large.
   */
  request(
    method: string,
    url: string,
    options?: {
      headers?: Readonly<Record<string, string>>;
      body?: Json;
      /** Instead of a body of JSON. */
      bytes?: Uint8Array;
      repeat?: boolean;
    },
  ): Promise<JsonAnswer>;
  /**
   * Asks for an answer that goes on: its body as it comes, as text. The time limit is that of the answer's head, and of each
   * silence after it.
   * @throws Error when no answer came; later when it broke off.
   */
  stream(
    url: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ status: number; chunks: AsyncIterable<string> } | JsonAnswer>;
  /**
   * Asks for bytes, however many. The time limit is that of the answer's head, and of each silence after it.
   * @throws Error when no answer came
   */
  download(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response>;
  close(): Promise<void>;
}

export interface JsonHttpOptions {
  /** File of CAs to believe beside the system's; '': none. */
  cafile: string;
  /** Of a whole request. */
  timeout_s: number;
  connections: number;
  /** Of an answer's body. */
  most_bytes: number;
  /** Which addresses a name leads to; default: those that DNS says. */
  lookup?: LookupFunction;
}

/** What is left of a kept connection that the server closed just as it was used (RFC 9112 9.3.1). */
const LOST_CONNECTION = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * Opens a pool of connections. TLS certificates are verified against the system's authorities and those in `cafile`. Redirects
 * are not followed: they would carry tokens elsewhere.
 * @throws Error when the CA file cannot be read.
 */
export function openJsonHttp(options: JsonHttpOptions): JsonHttp {
  const { cafile, timeout_s, connections, most_bytes, lookup } = options;
  const timeout_ms = timeout_s * 1000;
  const common = {
    connections,
    headersTimeout: timeout_ms,
    bodyTimeout: timeout_ms,
    connect: {
      timeout: timeout_ms,
      ...(lookup === undefined ? {} : { lookup }),
      ...(cafile === '' ? {} : { ca: authorities(cafile) }),
    },
  };
  const kept = httpAgent(common);
  // Without pipelining every request has a connection of its own.
  const fresh = httpAgent({ ...common, pipelining: 0 });

  async function attempt(url: string, init: object, dispatcher: Agent): Promise<JsonAnswer> {
    // The global fetch takes an undici dispatcher, which its types know from another version of undici.
    const response = await fetch(url, { ...init, dispatcher } as unknown as RequestInit);
    const { status, headers } = response;
    return { status, headers, body: parseJson(await readBounded(response, most_bytes)) };
  }

  return {
    async request(method, url, { headers = {}, body, bytes, repeat = false } = {}) {
      const init = {
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(bytes === undefined ? {} : { 'content-type': 'application/octet-stream' }),
          ...headers,
        },
        redirect: 'error',
        signal: AbortSignal.timeout(timeout_ms),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(bytes === undefined ? {} : { body: bytes }),
      };
      try {
        return await attempt(url, init, kept);
      } catch (error) {
        // Uwsgi's http-socket closes after each answer without saying so.
        if (!repeat || !lostConnection(error)) throw error;
        return await attempt(url, init, fresh);
      }
    },
    async stream(url, headers) {
      const init = { headers, redirect: 'error', dispatcher: fresh };
      const response = await fetch(url, init as unknown as RequestInit);
      const { status, body } = response;
      if (status >= 400 || body === null) {
        const text = await readBounded(response, most_bytes);
        return { status, headers: response.headers, body: parseJson(text) };
      }
      return { status, chunks: body.pipeThrough(new TextDecoderStream()) };
    },
    download: (url, headers, signal) =>
      fetch(url, { headers, redirect: 'error', signal, dispatcher: fresh } as unknown as RequestInit),
    async close() {
      await Promise.all([kept.destroy(), fresh.destroy()]);
    },
  };
}

function lostConnection(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : null;
  return cause instanceof Error && 'code' in cause && LOST_CONNECTION.has(String(cause.code));
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
