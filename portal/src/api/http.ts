/** What the service answered that is no success, in its own words. */
export class ApiError extends Error {
  /** HTTP status; 0: no answer came. */
  readonly status: number;
  readonly request_id: string | null;

  constructor(status: number, message: string, request_id: string | null) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.request_id = request_id;
  }
}

const TIMEOUT_MS = 60_000;
/** Pages of other sites cannot send it: the service takes the session's cookie only with it. */
const PORTAL_HEADER = { 'x-kurogane-portal': '1' };
/** The newest microversion whose answers the portal was written for. */
const MICROVERSION = '1.115';

/** Told of each answer that says that the session is over. */
type Listener = () => void;
const listeners: { over: Listener } = { over: () => undefined };

/** `listener` is called whenever an API refuses the session (401). */
export function onSessionOver(listener: Listener): void {
  listeners.over = listener;
}

export interface AskOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  /** Bytes as they are, in the place of a JSON body. */
  content?: Blob;
  signal?: AbortSignal | undefined;
}

/**
 * Asks one of the service's APIs, as whoever is signed in.
 * @param path from the root of the service: `/lifecycle/v1/…`, `/v1/…` or `/portal/session`.
 * @throws ApiError
 */
export async function ask<T>(path: string, options: AskOptions = {}): Promise<T> {
  const response = await send(path, options);
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch {
    throw new ApiError(0, 'The answer of the service broke off. Try again.', idOf(response));
  }
}

/** As `ask`, for answers that are no JSON. `signal` is the only limit of time. @throws ApiError */
export async function open(path: string, options: AskOptions & { accept: string }): Promise<Response> {
  return await send(path, { ...options, endless: true });
}

async function send(
  path: string,
  {
    method = 'GET',
    body,
    content,
    signal,
    accept,
    endless = false,
  }: AskOptions & { accept?: string; endless?: boolean },
): Promise<Response> {
  const limits = [
    ...(signal === undefined ? [] : [signal]),
    ...(endless ? [] : [AbortSignal.timeout(TIMEOUT_MS)]),
  ];
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      signal: AbortSignal.any(limits),
      cache: 'no-store',
      redirect: 'error',
      headers: {
        ...PORTAL_HEADER,
        accept: accept ?? 'application/json',
        ...(path.startsWith('/v1') ? { 'x-openstack-ironic-api-version': MICROVERSION } : {}),
        ...(content !== undefined ? { 'content-type': 'application/octet-stream' } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(content !== undefined ? { body: content } : {}),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError(0, 'The service does not answer. Is it reachable from here?', null);
  }
  if (response.ok) return response;
  const failure = new ApiError(response.status, await messageOf(response), idOf(response));
  if (response.status === 401 && !path.startsWith('/portal/session')) listeners.over();
  throw failure;
}

function idOf(response: Response): string | null {
  return response.headers.get('openstack-request-id');
}

/** Ironic's errors are JSON text within JSON, Keystone's and ours are objects. */
async function messageOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => '');
  const body = parse(text);
  const inner = typeof body.error_message === 'string' ? parse(body.error_message) : body.error_message;
  for (const place of [inner, body.error, body]) {
    const { faultstring, message } = fields(place);
    if (typeof faultstring === 'string' && faultstring !== '') return faultstring;
    if (typeof message === 'string' && message !== '') return message;
  }
  return typeof body.error_message === 'string' && body.error_message !== ''
    ? body.error_message
    : `The service answered ${response.status} ${response.statusText}.`;
}

function parse(text: string): Record<string, unknown> {
  try {
    return fields(JSON.parse(text));
  } catch {
    return {};
  }
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
