import type { ReadableStream } from 'node:stream/web';
import type { Clock } from '../lifecycle/clock.ts';
import type { Json } from '../lifecycle/json.ts';
import { type JsonAnswer, openJsonHttp } from './json-http.ts';
import { keepLogin, passwordLogin, type ServiceUser, v3Root } from './keystone-login.ts';

/** How one neighbour is reached: the settings of its group. */
export interface ServiceSettings extends ServiceUser {
  auth_url: string;
  cafile: string;
  region_name: string;
  valid_interfaces: readonly string[];
  endpoint_override: string;
  request_timeout: number;
}

/** HTTP to one OpenStack service, as the service user of its settings. */
export interface ServiceSession extends AsyncDisposable {
  /** @throws NeighbourError when the service refuses or does not answer. */
  request(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    options?: {
      query?: Readonly<Record<string, string | readonly string[]>>;
      headers?: Readonly<Record<string, string>>;
      body?: Json;
    },
  ): Promise<Json>;
  /** The service's base URL and a token that is valid now, for those who have to pass them on. */
  access(): Promise<{ endpoint: string; token: string | null; project_id: string | null }>;
  /** Bytes of any number. @throws NeighbourError when the service refuses or does not answer. */
  download(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Download>;
}

/** The head of an answer, and its body as it comes. */
export interface Download {
  status: number;
  headers: Headers;
  body: ReadableStream<Uint8Array> | null;
}

/** A neighbour that refused (`status`) or did not answer (null). The message is safe for users. */
export class NeighbourError extends Error {
  readonly status: number | null;

  constructor(message: string, status: number | null, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NeighbourError';
    this.status = status;
  }
}

interface Login {
  token: string | null;
  endpoint: string;
  /** The project that the service user is logged in to; null: it is not. */
  project_id: string | null;
  expires_at_ms: number;
}

const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_CONNECTIONS = 16;
/** Of a service that bytes are downloaded from: every server that is written holds one. */
const MAX_DOWNLOADS = 512;
/** What a refusal may say of itself in our errors. */
const MAX_REASON = 300;

/** Whether a neighbour is configured at all: by Keystone, or by its address when it asks for no token. */
export function isConfigured(settings: ServiceSettings): boolean {
  return settings.auth_url !== '' || settings.endpoint_override !== '';
}

/**
 * Opens the way to a service. It logs in at Keystone v3 when first needed; the token is shared and renewed, and the
 * service's address comes from the catalogue unless `endpoint_override` names it. TLS is verified; redirects, which
 * would carry the token elsewhere, are errors.
 *
 * @param service its name in errors: `Neutron`.
 * @param types its names in the catalogue, the first found counts.
 * @param options.downloads many connections at once are for its bytes.
 * @throws Error when the CA file cannot be read, or auth_url cannot be used.
 */
export function openServiceSession(
  service: string,
  types: readonly string[],
  settings: ServiceSettings,
  clock: Clock,
  { downloads = false }: { downloads?: boolean } = {},
): ServiceSession {
  const http = openJsonHttp({
    cafile: settings.cafile,
    timeout_s: settings.request_timeout,
    connections: downloads ? MAX_DOWNLOADS : MAX_CONNECTIONS,
    most_bytes: MAX_BODY_BYTES,
  });
  const root = settings.auth_url === '' ? null : v3Root(settings.auth_url);
  const login = keepLogin(clock, logIn);

  async function send(
    who: string,
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    body?: Json,
  ): Promise<JsonAnswer> {
    try {
      return await http.request(method, url, { headers, ...(body === undefined ? {} : { body }) });
    } catch (error) {
      throw new NeighbourError(`${who} does not answer at ${new URL(url).origin}.`, null, { cause: error });
    }
  }

  async function logIn(): Promise<Login> {
    const override = settings.endpoint_override.replace(/\/+$/, '');
    if (root === null)
      return {
        ...{ token: null, endpoint: override, project_id: null },
        expires_at_ms: Number.POSITIVE_INFINITY,
      };
    const answer = await send('Keystone', 'POST', `${root}/auth/tokens`, {}, passwordLogin(settings));
    const token = answer.headers.get('x-subject-token');
    if (answer.status !== 201 || token === null)
      throw new NeighbourError(
        `Keystone refused the login of the service user for ${service} (HTTP ${answer.status}).`,
        answer.status,
      );
    const facts = member(answer.body, 'token');
    const expires = Date.parse(String(member(facts, 'expires_at')));
    const endpoint = override === '' ? endpointOf(member(facts, 'catalog'), types, settings) : override;
    if (endpoint === null)
      throw new NeighbourError(`Keystone's catalogue has no endpoint of ${service}.`, null);
    const id = member(member(facts, 'project'), 'id');
    const project_id = typeof id === 'string' ? id : null;
    return { token, endpoint, project_id, expires_at_ms: Number.isNaN(expires) ? 0 : expires };
  }

  return {
    async request(method, path, { query = {}, headers = {}, body } = {}) {
      const attempt = async ({ endpoint, token }: Login) => {
        const url = new URL(`${endpoint}${path}`);
        for (const [name, value] of Object.entries(query))
          for (const one of typeof value === 'string' ? [value] : value) url.searchParams.append(name, one);
        const all = { ...headers, ...(token === null ? {} : { 'x-auth-token': token }) };
        return send(service, method, url.href, all, body);
      };
      const answer = await login.use(attempt, ({ status }, { token }) => status === 401 && token !== null);
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      const reason = reasonOf(answer.body);
      throw new NeighbourError(
        `${service} refused ${method} ${path} with HTTP ${answer.status}${reason === '' ? '.' : `: ${reason}`}`,
        answer.status,
      );
    },
    async access() {
      const { endpoint, token, project_id } = await login.current();
      return { endpoint, token, project_id };
    },
    async download(path, headers, signal) {
      const attempt = ({ endpoint, token }: Login): Promise<Response> =>
        http
          .download(
            `${endpoint}${path}`,
            { ...headers, ...(token === null ? {} : { 'x-auth-token': token }) },
            signal,
          )
          .catch((error: unknown) => {
            signal.throwIfAborted();
            throw new NeighbourError(`${service} does not answer at ${new URL(endpoint).origin}.`, null, {
              cause: error,
            });
          });
      const answer = await login.use(attempt, ({ status }, { token }) => status === 401 && token !== null);
      if (answer.ok || answer.status === 416)
        return {
          status: answer.status,
          headers: answer.headers,
          body: answer.body as ReadableStream<Uint8Array> | null,
        };
      await answer.body?.cancel();
      throw new NeighbourError(`${service} refused GET ${path} with HTTP ${answer.status}.`, answer.status);
    },
    [Symbol.asyncDispose]: () => http.close(),
  };
}

/** A member of a JSON object; undefined when there is none. */
export function member(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;
}

/** The service's URL: the first of its types, the first of the interfaces, in the region. */
function endpointOf(
  catalog: Json | undefined,
  types: readonly string[],
  { region_name, valid_interfaces }: ServiceSettings,
): string | null {
  const services = Array.isArray(catalog) ? catalog : [];
  for (const type of types) {
    const endpoints = services
      .filter((one) => member(one, 'type') === type)
      .flatMap((one) => member(one, 'endpoints') ?? [])
      .filter((one) => region_name === '' || member(one, 'region') === region_name);
    for (const kind of valid_interfaces) {
      const url = member(
        endpoints.find((one) => member(one, 'interface') === kind),
        'url',
      );
      if (typeof url === 'string') return url.replace(/\/+$/, '');
    }
  }
  return null;
}

/** What a refusal says in OpenStack's forms: `{"NeutronError": {"message": …}}`, `{"error": {"message": …}}`. */
function reasonOf(body: Json): string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return '';
  const message = Object.values(body).map((value) =>
    typeof value === 'string' ? value : member(value, 'message'),
  );
  const text = message.find((one) => typeof one === 'string');
  return typeof text === 'string' ? text.slice(0, MAX_REASON) : '';
}
