import type { IncomingMessage } from 'node:http';
import type { Settings } from '../../config/options.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { Authenticator } from './authenticator.ts';
import type { Match } from './route-matcher.ts';
import { RoutingError } from './wire-error.ts';

const ANONYMOUS: Omit<Caller, 'request_id'> = {
  user_id: null,
  project_id: null,
  system_scope: false,
  roles: [],
  service_roles: [],
  unrestricted: false,
  is_public_api: true,
};

/** Who asks; nobody is asked who they are for a public operation. @throws Unauthorized */
export async function identify(
  request: IncomingMessage,
  operation: { public: boolean } | undefined,
  request_id: string,
  authenticator: Authenticator,
): Promise<Caller> {
  if (operation?.public) return { ...ANONYMOUS, request_id };
  return authenticator.authenticate(request.headers, request_id);
}

export function splitUrl(url: string): { path: string; query_text: string } {
  const at = url.indexOf('?');
  return at === -1
    ? { path: url, query_text: '' }
    : { path: url.slice(0, at), query_text: url.slice(at + 1) };
}

const NO_QUERY: Readonly<Record<string, string>> = Object.freeze({});

/** @throws InvalidParameterValue when a name comes twice. */
export function readQuery(query_text: string): Readonly<Record<string, string>> {
  if (query_text === '') return NO_QUERY;
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(query_text)) {
    if (name in query) {
      throw serviceError('InvalidParameterValue', { why: `The query parameter ${name} was given twice.` });
    }
    query[name] = value;
  }
  return query;
}

/** Scheme and host of links, without a slash at the end. */
export function baseUrl(request: IncomingMessage, settings: Pick<Settings, 'api'>): string {
  const fixed = settings.api.public_endpoint;
  if (fixed !== '') return fixed.endsWith('/') ? fixed.slice(0, -1) : fixed;
  const scheme = 'encrypted' in request.socket ? 'https' : 'http';
  return `${scheme}://${request.headers.host ?? 'localhost'}`;
}

export function methodNotAllowed(found: Match): RoutingError {
  return new RoutingError(405, 'The method is not allowed for this resource.', {
    Allow: [...found.methods.keys()].join(', '),
  });
}

/** Every operation has a handler and every handler an operation, or the service does not start. */
export function pairHandlers<O extends { id: string }, H>(
  operations: readonly O[],
  handlers: Readonly<Record<string, H>>,
): Map<O, H> {
  const ids = new Set(operations.map((operation) => operation.id));
  const orphans = Object.keys(handlers).filter((id) => !ids.has(id));
  if (orphans.length > 0)
    throw new Error(`Handlers without an operation in openapi.yaml: ${orphans.join(', ')}`);
  return new Map(
    operations.map((operation) => {
      const handler = handlers[operation.id];
      if (handler === undefined) throw new Error(`No handler for operation ${operation.id} of openapi.yaml.`);
      return [operation, handler];
    }),
  );
}
