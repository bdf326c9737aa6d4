import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { Agent } from 'undici';
import type { Clock } from '../../lifecycle/clock.ts';
import type { Json } from '../../lifecycle/json.ts';

/** How one neighbour is reached: the settings of its group. */
export interface ServiceSettings {
  auth_url: string;
  username: string;
  password: string;
  user_domain_name: string;
  project_name: string;
  project_domain_name: string;
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
  access(): Promise<{ endpoint: string; token: string | null }>;
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
  expires_at_ms: number;
}

interface Answer {
  status: number;
  token: string | null;
  body: Json;
}

const MAX_BODY_BYTES = 4 * 1024 * 1024;
const MAX_CONNECTIONS = 16;
/** A token is renewed this long before it ends, so that none runs out on the way. */
const RENEW_BEFORE_MS = 60_000;
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
 * @throws Error when the CA file cannot be read.
 */
export function openServiceSession(
  service: string,
  types: readonly string[],
  settings: ServiceSettings,
  clock: Clock,
): ServiceSession {
  const timeout_ms = settings.request_timeout * 1000;
  const dispatcher = new Agent({
    connections: MAX_CONNECTIONS,
    headersTimeout: timeout_ms,
    bodyTimeout: timeout_ms,
    connect: {
      timeout: timeout_ms,
      ...(settings.cafile === '' ? {} : { ca: [...rootCertificates, readFileSync(settings.cafile, 'utf8')] }),
    },
  });
  let login: Login | null = null;
  let logging_in: Promise<Login> | null = null;

  async function send(
    who: string,
    method: string,
    url: string,
    headers: object,
    body?: Json,
  ): Promise<Answer> {
    try {
      // The global fetch takes an undici dispatcher, which its types know from another version of undici.
      const response = await fetch(url, {
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        redirect: 'error',
        signal: AbortSignal.timeout(timeout_ms),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        dispatcher,
      } as unknown as RequestInit);
      const token = response.headers.get('x-subject-token');
      return { status: response.status, token, body: parseJson(await readBounded(response)) };
    } catch (error) {
      throw new NeighbourError(`${who} does not answer at ${new URL(url).origin}.`, null, { cause: error });
    }
  }

  async function logIn(): Promise<Login> {
    const override = settings.endpoint_override.replace(/\/+$/, '');
    if (settings.auth_url === '')
      return { token: null, endpoint: override, expires_at_ms: Number.POSITIVE_INFINITY };
    const url = `${v3Root(settings.auth_url)}/auth/tokens`;
    const answer = await send('Keystone', 'POST', url, {}, loginBody(settings));
    if (answer.status !== 201 || answer.token === null)
      throw new NeighbourError(
        `Keystone refused the login of the service user for ${service} (HTTP ${answer.status}).`,
        answer.status,
      );
    const facts = member(answer.body, 'token');
    const expires = Date.parse(String(member(facts, 'expires_at')));
    const endpoint = override === '' ? endpointOf(member(facts, 'catalog'), types, settings) : override;
    if (endpoint === null)
      throw new NeighbourError(`Keystone's catalogue has no endpoint of ${service}.`, null);
    login = { token: answer.token, endpoint, expires_at_ms: Number.isNaN(expires) ? 0 : expires };
    return login;
  }

  async function current(): Promise<Login> {
    if (login !== null && clock.now() < login.expires_at_ms - RENEW_BEFORE_MS) return login;
    logging_in ??= logIn().finally(() => {
      logging_in = null;
    });
    return logging_in;
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
      const used = await current();
      let answer = await attempt(used);
      if (answer.status === 401 && used.token !== null) {
        // Revoked, or Keystone changed its keys. Whoever sees it first renews; the others use the new one.
        if (login === used) login = null;
        answer = await attempt(await current());
      }
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      const reason = reasonOf(answer.body);
      throw new NeighbourError(
        `${service} refused ${method} ${path} with HTTP ${answer.status}${reason === '' ? '.' : `: ${reason}`}`,
        answer.status,
      );
    },
    async access() {
      const { endpoint, token } = await current();
      return { endpoint, token };
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

/** A member of a JSON object; undefined when there is none. */
export function member(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[name] : undefined;
}

function v3Root(auth_url: string): string {
  return `${auth_url.replace(/\/+$/, '').replace(/\/v3$/, '')}/v3`;
}

function loginBody(settings: ServiceSettings): Json {
  const { username, password, user_domain_name, project_name, project_domain_name } = settings;
  return {
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: username, domain: { name: user_domain_name }, password } },
      },
      scope: { project: { name: project_name, domain: { name: project_domain_name } } },
    },
  };
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

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
