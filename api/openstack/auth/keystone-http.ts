import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { Agent } from 'undici';

/** One answer of the identity service. */
export interface KeystoneAnswer {
  status: number;
  subject_token: string | null;
  /** Parsed JSON; null when the body is empty or no JSON. */
  body: unknown;
}

/** HTTP to one identity service. */
export interface KeystoneHttp {
  /**
   * @param path below the v3 root, for instance `/auth/tokens?nocatalog`.
   * A connection that was lost on the way is replaced, once, within the same time limit.
   * @throws Error when no answer came: refused, timed out, redirected, too large.
   */
  request(
    method: 'GET' | 'POST',
    path: string,
    headers: Record<string, string>,
    body?: object,
  ): Promise<KeystoneAnswer>;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_CONNECTIONS = 32;
/** What is left of a kept connection that the server closed just as it was used (RFC 9112 9.3.1). */
const LOST_CONNECTION = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * Opens the way to `auth_url` (with or without /v3 at its end). TLS certificates are verified against the system's
 * authorities and those in `cafile`. Redirects are not followed: they would carry tokens elsewhere.
 * @throws Error when the URL or the CA file cannot be used.
 */
export function openKeystoneHttp(options: {
  auth_url: string;
  cafile: string;
  timeout_s: number;
}): KeystoneHttp {
  const base = v3Root(options.auth_url);
  const timeout_ms = options.timeout_s * 1000;
  const common = {
    connections: MAX_CONNECTIONS,
    headersTimeout: timeout_ms,
    bodyTimeout: timeout_ms,
    connect: {
      timeout: timeout_ms,
      ...(options.cafile === '' ? {} : { ca: [...rootCertificates, readFileSync(options.cafile, 'utf8')] }),
    },
  };
  const kept = new Agent(common);
  // Without pipelining every request has a connection of its own.
  const fresh = new Agent({ ...common, pipelining: 0 });

  async function attempt(path: string, init: object, dispatcher: Agent): Promise<KeystoneAnswer> {
    // The global fetch takes an undici dispatcher, which its types know from another version of undici.
    const response = await fetch(base + path, { ...init, dispatcher } as unknown as RequestInit);
    return {
      status: response.status,
      subject_token: response.headers.get('x-subject-token'),
      body: parseJson(await readBounded(response)),
    };
  }

  return {
    async request(method, path, headers, body) {
      const init = {
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        redirect: 'error',
        signal: AbortSignal.timeout(timeout_ms),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      };
      try {
        return await attempt(path, init, kept);
      } catch (error) {
        // Validations and logins may be repeated. Uwsgi's http-socket closes after each answer without saying so.
        if (!lostConnection(error)) throw error;
        return await attempt(path, init, fresh);
      }
    },
    async close() {
      await Promise.all([kept.destroy(), fresh.destroy()]);
    },
  };
}

function lostConnection(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : null;
  return cause instanceof Error && 'code' in cause && LOST_CONNECTION.has(String(cause.code));
}

function v3Root(auth_url: string): string {
  const url = new URL(auth_url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error('auth_url must be http or https.');
  if (url.username !== '' || url.password !== '') throw new Error('auth_url must hold no credentials.');
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/v3$/, '')}/v3`;
}

async function readBounded(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new Error(`The answer is larger than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
