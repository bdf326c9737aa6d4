import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { serviceError } from '../../lifecycle/errors.ts';
import type { Authenticator } from '../http/authenticator.ts';
import type { Operation } from '../http/operations.ts';
import type { Reply } from '../http/reply.ts';
import { readJsonBody } from '../http/request-body.ts';
import {
  baseUrl,
  identify,
  methodNotAllowed,
  pairHandlers,
  readQuery,
  splitUrl,
} from '../http/request-parts.ts';
import { createRouteMatcher, type Match } from '../http/route-matcher.ts';
import { type Exchange, type SeenRequest, serveApi } from '../http/serve.ts';
import { RoutingError } from '../http/wire-error.ts';
import type { Api, ApiRequest, Handler } from './handler.ts';
import { HANDLERS } from './handlers/handlers.ts';
import { createLiveConductors } from './live-conductors.ts';
import { loadOpenstackApi } from './load-openstack-api.ts';
import { QUERY, ROUTES, type RouteGate, servesRoute } from './microversions.ts';
import { refuseMisplaced } from './misplaced.ts';
import { negotiateVersion, VERSION_HEADER, VERSION_RANGE_HEADERS } from './version-negotiation.ts';
import { ViewCache } from './views/view.ts';

export interface OpenstackApiOptions extends Omit<Api, 'views' | 'conductors' | 'document' | 'schema'> {
  authenticator: Authenticator;
  /** Told of every request once it is answered. */
  observe?: (seen: SeenRequest) => void;
}

/**
 * The bare metal API v1 as the listener of a server, at its root. openapi.yaml says which operations
 * there are; each has one handler in handlers/.
 */
export async function createOpenstackApi(options: OpenstackApiOptions): Promise<RequestListener> {
  const { authenticator, observe, ...parts } = options;
  const openapi = await loadOpenstackApi();
  const api: Api = {
    ...parts,
    views: new ViewCache(),
    conductors: createLiveConductors(parts),
    document: openapi.document,
    schema: openapi.schema,
  };
  const handlers = pairHandlers<Operation, Handler>(openapi.operations, HANDLERS);
  const match = createRouteMatcher(openapi.operations);
  const server: Server = { api, authenticator, handlers, match };
  return serveApi({
    ...{ log: api.log, clock: api.clock, observe },
    answer: (request, response, exchange) => answer(request, response, exchange, server),
  });
}

interface Server {
  api: Api;
  authenticator: Authenticator;
  handlers: ReadonlyMap<Operation, Handler>;
  match: (path: string) => Match | null;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  exchange: Exchange,
  server: Server,
): Promise<Reply> {
  const method = request.method ?? 'GET';
  const { path, query_text } = splitUrl(request.url ?? '/');
  for (const [name, value] of Object.entries(VERSION_RANGE_HEADERS)) response.setHeader(name, value);
  if (method === 'OPTIONS') return { status: 200 };
  const found = server.match(path);
  const operation = found === null ? undefined : operationFor(found, method);
  exchange.operation = operation?.id ?? null;
  const caller = await identify(request, operation, exchange.request_id, server.authenticator);
  const { minor, versioned } = negotiateVersion(request.headers);
  response.setHeader(VERSION_HEADER, `1.${minor}`);
  if (operation === undefined) refuseMisplaced(method, path, minor);
  if (found === null) throw new RoutingError(404, 'The resource could not be found.');
  if (operation === undefined) throw methodNotAllowed(found);
  const gate = ROUTES[operation.id];
  if (!servesRoute(gate, minor)) throw belowGate(gate, found);
  const query = readQuery(query_text);
  operation.checkQuery(found.params, query);
  checkQueryGates(operation, query, minor);
  const body = operation.body_limit === null ? undefined : await readJsonBody(request, operation.body_limit);
  operation.checkBody(body);
  const handler = server.handlers.get(operation);
  if (handler === undefined) throw new Error(`No handler for operation ${operation.id}.`);
  const base_url = baseUrl(request, server.api.settings);
  const { id } = operation;
  const parsed: ApiRequest = {
    operation: id,
    method,
    params: found.params,
    query,
    body,
    minor,
    versioned,
    caller,
    base_url,
  };
  return handler(parsed, server.api);
}

const HEAD_PATHS = new Set(['/', '/v1']);

function operationFor(found: Match, method: string): Operation | undefined {
  const direct = found.methods.get(method);
  if (direct !== undefined || method !== 'HEAD') return direct;
  const get = found.methods.get('GET');
  return get !== undefined && HEAD_PATHS.has(get.path) ? get : undefined;
}

function belowGate(gate: RouteGate | undefined, found: Match): RoutingError {
  const below = gate?.below ?? 404;
  if (below === 405) return methodNotAllowed(found);
  return below === 406
    ? new RoutingError(406, 'Request not acceptable.')
    : new RoutingError(404, 'The resource could not be found.');
}

function checkQueryGates(operation: Operation, query: Readonly<Record<string, string>>, minor: number): void {
  const gates = QUERY[operation.id];
  if (gates === undefined) return;
  for (const name in query) {
    const gate = gates[name];
    if (gate === undefined || minor >= gate.since) continue;
    if (gate.below === 400) {
      throw serviceError('InvalidParameterValue', {
        why: `Invalid query parameter ${name} in this version.`,
      });
    }
    throw serviceError('NotAcceptable', {});
  }
}
