import type { Json } from '../lifecycle/json.ts';
import { type JsonAnswer, type JsonHttp, openJsonHttp } from '../net/json-http.ts';
import type { AuthSettings } from './auth-settings.ts';
import { CommandFailure } from './exit-codes.ts';
import { type Login, logIn } from './login.ts';
import { refusal, unreachable } from './refusals.ts';
import { readEvents, type ServerEvent } from './server-events.ts';

/** A success of the life-cycle API. */
export interface Success {
  /** null: it has none. */
  body: Json;
  /** By which the service's logs, its audit and a server's timeline know what was asked. */
  request_id: string | null;
}

/** The life-cycle API, as the holder of a token sees it. */
export interface Session extends AsyncDisposable {
  /** @throws CommandFailure for every answer that is no success. */
  request(method: string, path: string, body?: Json): Promise<Success>;
  /** As `request`, with bytes for a body. */
  send(method: string, path: string, bytes: Uint8Array): Promise<Success>;
  /** The events of an answer that goes on, until it ends. @throws CommandFailure */
  events(path: string): AsyncIterable<ServerEvent>;
}

const TIMEOUT_S = 60;
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Logs in, and once more when the token has expired meanwhile.
 * @param timeout_s of one request.
 * @throws CommandFailure
 */
export async function openSession(settings: AuthSettings, timeout_s = TIMEOUT_S): Promise<Session> {
  const http = openHttp(settings.cacert, timeout_s);
  try {
    let login = logIn(http, settings);
    await login;
    const ask = async (method: string, path: string, sent: Sent): Promise<Success> => {
      const used = login;
      const answer = await askOnce(http, method, path, sent, await used);
      if (answer.status < 400) return successOf(answer);
      if (answer.status !== 401 || !RENEWABLE.has(settings.auth_type)) throw refusal(answer, settings);
      // Of several that found it expired, one logs in.
      if (login === used) login = logIn(http, settings);
      const again = await askOnce(http, method, path, sent, await login);
      if (again.status < 400) return successOf(again);
      throw refusal(again, settings);
    };
    return {
      request: (method, path, body) => ask(method, path, body === undefined ? {} : { body }),
      send: (method, path, bytes) => ask(method, path, { bytes }),
      async *events(path) {
        const { token, base } = await login;
        yield* eventsOf(http, `${base}${path}`, token, settings);
      },
      [Symbol.asyncDispose]: () => http.close(),
    };
  } catch (error) {
    await http.close();
    throw error;
  }
}

/** Ways to log in that make a new token. */
const RENEWABLE: ReadonlySet<AuthSettings['auth_type']> = new Set(['password', 'application_credential']);

interface Sent {
  body?: Json;
  bytes?: Uint8Array;
}

async function askOnce(
  http: JsonHttp,
  method: string,
  path: string,
  sent: Sent,
  { token, base }: Login,
): Promise<JsonAnswer> {
  const headers = headersOf(token);
  try {
    return await http.request(method, `${base}${path}`, { headers, ...sent, repeat: method === 'GET' });
  } catch (error) {
    throw unreachable(base, error);
  }
}

const headersOf = (token: string | null): Record<string, string> =>
  token === null ? {} : { 'x-auth-token': token };

const successOf = ({ body, headers }: JsonAnswer): Success => ({
  body,
  request_id: headers.get('openstack-request-id'),
});

async function* eventsOf(
  http: JsonHttp,
  url: string,
  token: string | null,
  settings: AuthSettings,
): AsyncGenerator<ServerEvent> {
  try {
    const answer = await http.stream(url, { ...headersOf(token), accept: 'text/event-stream' });
    if (!('chunks' in answer)) throw refusal(answer, settings);
    yield* readEvents(answer.chunks);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw unreachable(url, error);
  }
}

function openHttp(cafile: string, timeout_s: number): JsonHttp {
  try {
    return openJsonHttp({ cafile, timeout_s, connections: 8, most_bytes: MOST_BYTES });
  } catch (error) {
    throw new CommandFailure('usage', `OS_CACERT cannot be read: ${(error as Error).message}`);
  }
}
