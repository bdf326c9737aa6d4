/** The bare-metal API as any client sees it: a token from Keystone, the endpoint from its catalogue. */
export interface PublicApi {
  /** The endpoint of the bare-metal service. */
  readonly endpoint: string;
  /** @param body JSON, or bytes as they are. @throws ApiError when the reply is not a success. Resolves with the body; undefined when there is none. */
  request<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
}

export interface Account {
  name: string;
  password: string;
  /** null: a token of system scope. */
  project: string | null;
}

/** A refusal, with the reason that the service gave. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

const TIMEOUT_MS = 30_000;
const MICROVERSION = '1.82';

/** Logs in with a password at `auth_url` (Keystone v3). */
export async function logIn(auth_url: string, account: Account): Promise<PublicApi> {
  const domain = { name: 'Default' };
  const reply = await fetch(`${auth_url}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ['password'],
          password: { user: { name: account.name, domain, password: account.password } },
        },
        scope:
          account.project === null
            ? { system: { all: true } }
            : { project: { name: account.project, domain } },
      },
    }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const token = reply.headers.get('x-subject-token');
  if (reply.status !== 201 || token === null)
    throw new ApiError(reply.status, `${account.name} cannot log in at ${auth_url} (HTTP ${reply.status}).`);
  const { token: facts } = (await reply.json()) as { token: { catalog?: CatalogEntry[] } };
  const endpoint = facts.catalog
    ?.find(({ type }) => type === 'baremetal')
    ?.endpoints.find((entry) => entry.interface === 'public')?.url;
  if (endpoint === undefined) throw new ApiError(0, 'The catalogue has no baremetal service.');
  return { endpoint, request: async (method, path, body) => await send(endpoint, token, method, path, body) };
}

interface CatalogEntry {
  type: string;
  endpoints: { interface: string; url: string }[];
}

async function send<T>(
  endpoint: string,
  token: string,
  method: string,
  path: string,
  body: unknown,
): Promise<T> {
  const is_bytes = body instanceof Uint8Array;
  const reply = await fetch(endpoint.replace(/\/(v1\/?)?$/, '') + path, {
    method,
    headers: {
      'x-auth-token': token,
      'openstack-api-version': `baremetal ${MICROVERSION}`,
      'content-type': is_bytes ? 'application/octet-stream' : 'application/json',
    },
    ...(body === undefined ? {} : { body: is_bytes ? new Uint8Array(body) : JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await reply.text();
  if (!reply.ok)
    throw new ApiError(reply.status, `${method} ${path}: ${faultOf(text)} (HTTP ${reply.status})`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** The reason in an error body: JSON in a string in JSON. */
function faultOf(text: string): string {
  try {
    const { error_message } = JSON.parse(text) as { error_message?: string };
    const inner = JSON.parse(error_message ?? '{}') as { faultstring?: string; description?: string };
    return inner.faultstring ?? inner.description ?? text;
  } catch {
    return text;
  }
}
