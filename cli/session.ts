import type { Json, JsonObject } from '../lifecycle/json.ts';
import { type JsonHttp, openJsonHttp } from '../net/json-http.ts';
import { v3Root } from '../net/keystone-login.ts';
import type { AuthSettings } from './auth-settings.ts';
import { CommandFailure, exitOfStatus } from './exit-codes.ts';
import { readEvents, type ServerEvent } from './server-events.ts';

/** The life-cycle API, as the holder of a token sees it. */
export interface Session extends AsyncDisposable {
  /** @throws CommandFailure for every answer that is no success. Resolves with its body; null: it has none. */
  request(method: string, path: string, body?: Json): Promise<Json>;
  /** As `request`, with bytes for a body. */
  send(method: string, path: string, bytes: Uint8Array): Promise<Json>;
  /** The events of an answer that goes on, until it ends. @throws CommandFailure */
  events(path: string): AsyncIterable<ServerEvent>;
}

const SERVICE_TYPE = 'baremetal-lifecycle';
const TIMEOUT_S = 60;
const MOST_BYTES = 64 * 1024 * 1024;

/** Logs in. @throws CommandFailure */
export async function openSession(settings: AuthSettings): Promise<Session> {
  const http = openHttp(settings.cacert);
  try {
    const { token, endpoint } = await logIn(http, settings);
    const base = endpoint.replace(/\/+$/, '');
    const headers: Record<string, string> = token === null ? {} : { 'x-auth-token': token };
    return {
      events: (path) => eventsOf(http, `${base}${path}`, headers),
      request: async (method, path, body) => {
        const answer = await ask(http, method, `${base}${path}`, headers, body);
        if (answer.status < 400) return answer.body;
        throw refusal(answer);
      },
      send: async (method, path, bytes) => {
        const url = `${base}${path}`;
        const answer = await http.request(method, url, { headers, bytes }).catch((error: unknown) => {
          throw unreachable(url, error);
        });
        if (answer.status < 400) return answer.body;
        throw refusal(answer);
      },
      [Symbol.asyncDispose]: () => http.close(),
    };
  } catch (error) {
    await http.close();
    throw error;
  }
}

function refusal({ status, body }: { status: number; body: Json }): CommandFailure {
  return new CommandFailure(exitOfStatus(status), `${faultOf(body)} (HTTP ${status})`);
}

async function* eventsOf(
  http: JsonHttp,
  url: string,
  headers: Readonly<Record<string, string>>,
): AsyncGenerator<ServerEvent> {
  try {
    const answer = await http.stream(url, { ...headers, accept: 'text/event-stream' });
    if (!('chunks' in answer)) throw refusal(answer);
    yield* readEvents(answer.chunks);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw unreachable(url, error);
  }
}

function openHttp(cafile: string): JsonHttp {
  try {
    return openJsonHttp({ cafile, timeout_s: TIMEOUT_S, connections: 4, most_bytes: MOST_BYTES });
  } catch (error) {
    throw new CommandFailure('usage', `OS_CACERT cannot be read: ${(error as Error).message}`);
  }
}

async function ask(
  http: JsonHttp,
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body?: Json,
) {
  try {
    return await http.request(method, url, { headers, ...(body === undefined ? {} : { body }) });
  } catch (error) {
    throw unreachable(url, error);
  }
}

function unreachable(url: string, error: unknown): CommandFailure {
  const cause = error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : '';
  return new CommandFailure('unavailable', `${new URL(url).origin} cannot be reached: ${cause}`, {
    cause: error,
  });
}

async function logIn(
  http: JsonHttp,
  settings: AuthSettings,
): Promise<{ token: string | null; endpoint: string }> {
  if (settings.auth_type === 'none') return { token: null, endpoint: settings.endpoint ?? '' };
  if (settings.auth_type === 'token' && settings.endpoint !== undefined)
    return { token: settings.token ?? '', endpoint: settings.endpoint };
  const root = rootOf(settings.auth_url);
  const { status, headers, body } = await ask(http, 'POST', `${root}/auth/tokens`, {}, loginBody(settings));
  const token = headers.get('x-subject-token');
  if (status !== 201 || token === null) {
    const exit = status === 401 ? 'unauthenticated' : exitOfStatus(status >= 400 ? status : 500);
    throw new CommandFailure(exit, `The login at ${root} was refused (HTTP ${status}).`);
  }
  return { token, endpoint: settings.endpoint ?? endpointOf(body, settings) };
}

function rootOf(auth_url: string): string {
  try {
    return v3Root(auth_url);
  } catch (error) {
    throw new CommandFailure('usage', `OS_AUTH_URL cannot be used: ${(error as Error).message}`);
  }
}

/** The body of POST /v3/auth/tokens (Identity API v3). */
export function loginBody(settings: AuthSettings): JsonObject {
  if (settings.auth_type === 'application_credential') {
    const { application_credential_id: id, application_credential_name: name } = settings;
    const named = id === undefined ? { name: name ?? '', user: userOf(settings) } : { id };
    const credential = { ...named, secret: settings.application_credential_secret ?? '' };
    return {
      auth: { identity: { methods: ['application_credential'], application_credential: credential } },
    };
  }
  const scope = scopeOf(settings);
  const identity: JsonObject =
    settings.auth_type === 'token'
      ? { methods: ['token'], token: { id: settings.token ?? '' } }
      : {
          methods: ['password'],
          password: { user: { ...userOf(settings), password: settings.password ?? '' } },
        };
  return { auth: { identity, ...(scope === null ? {} : { scope }) } };
}

function userOf({ user_id, username, user_domain_id, user_domain_name }: AuthSettings): JsonObject {
  if (user_id !== undefined) return { id: user_id };
  return { name: username ?? '', domain: domainOf(user_domain_id, user_domain_name) };
}

function domainOf(id: string | undefined, name: string | undefined): JsonObject {
  return id === undefined ? { name: name ?? 'Default' } : { id };
}

function scopeOf(settings: AuthSettings): JsonObject | null {
  const { project_id, project_name, project_domain_id, project_domain_name } = settings;
  if (settings.system_scope === 'all') return { system: { all: true } };
  if (project_id !== undefined) return { project: { id: project_id } };
  if (project_name === undefined) return null;
  return { project: { name: project_name, domain: domainOf(project_domain_id, project_domain_name) } };
}

interface CatalogEntry {
  type: string;
  endpoints: { interface: string; region_id?: string; region?: string; url: string }[];
}

function endpointOf(body: Json, settings: AuthSettings): string {
  const { token } = body as unknown as { token: { catalog?: CatalogEntry[] } };
  const service = token.catalog?.find(({ type }) => type === SERVICE_TYPE);
  const { region_name } = settings;
  const endpoint = service?.endpoints.find(
    (one) =>
      one.interface === settings.interface &&
      (region_name === undefined || one.region_id === region_name || one.region === region_name),
  );
  if (endpoint !== undefined) return endpoint.url;
  const where = region_name === undefined ? '' : ` in the region ${region_name}`;
  throw new CommandFailure(
    'usage',
    `The catalogue has no ${settings.interface} endpoint of ${SERVICE_TYPE}${where}: name a scope (OS_PROJECT_NAME or OS_SYSTEM_SCOPE), register the service, or set OS_ENDPOINT.`,
  );
}

/** The reason in an error body: JSON in a string in JSON, or plain. */
function faultOf(body: Json): string {
  const { error_message, faultstring } = (body ?? {}) as { error_message?: string; faultstring?: string };
  if (faultstring !== undefined) return faultstring;
  try {
    const inner = JSON.parse(error_message ?? '{}') as { faultstring?: string; description?: string };
    return inner.faultstring ?? inner.description ?? 'The service gave no reason.';
  } catch {
    return 'The service gave no reason.';
  }
}
