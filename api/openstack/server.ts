import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import type { Caller } from '../../lifecycle/caller.ts';
import { ServiceError, serviceError } from '../../lifecycle/errors.ts';
import { type Authenticator, Unauthorized } from './auth/authenticator.ts';
import type { Api, ApiRequest, Handler, Reply } from './handler.ts';
import { HANDLERS } from './handlers/handlers.ts';
import { createLiveConductors } from './live-conductors.ts';
import { servesRoute } from './microversions.ts';
import { loadOpenApi, type Operation } from './operations.ts';
import { readJsonBody } from './request-body.ts';
import { createRouteMatcher, type Match } from './route-matcher.ts';
import { negotiateVersion, VERSION_HEADER, VERSION_RANGE_HEADERS } from './version-negotiation.ts';
import { ViewCache } from './views/view.ts';
import { faultBody, PlainFault, plainFaultBody, RoutingError, routingErrorBody } from './wire-error.ts';

export interface OpenstackApiOptions extends Omit<Api, 'views' | 'conductors' | 'document' | 'schema'> {
  authenticator: Authenticator;
}

const RETRY_AFTER_S = 5;
const JSON_TYPE = 'application/json';

/**
 * The bare metal API v1 as an express application; mount it at the root of a server. openapi.yaml says which operations
 * there are; each has one handler in handlers/.
 */
export async function createOpenstackApi(options: OpenstackApiOptions): Promise<express.Express> {
  const { authenticator, ...parts } = options;
  const openapi = await loadOpenApi();
  const api: Api = {
    ...parts,
    views: new ViewCache(),
    conductors: createLiveConductors(parts),
    document: openapi.document,
    schema: openapi.schema,
  };
  const handlers = pairHandlers(openapi.operations);
  const match = createRouteMatcher(openapi.operations);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(async (request, response) => {
    const request_id = `req-${randomUUID()}`;
    response.setHeader('openstack-request-id', request_id);
    response.setHeader('x-openstack-request-id', request_id);
    try {
      send(response, await answer(request, response, { api, authenticator, handlers, match, request_id }));
    } catch (error) {
      sendError(request, response, error, { api, request_id });
    }
  });
  return app;
}

interface Exchange {
  api: Api;
  authenticator: Authenticator;
  handlers: ReadonlyMap<Operation, Handler>;
  match: (path: string) => Match | null;
  request_id: string;
}

/** Every operation has a handler and every handler an operation, or the service does not start. */
function pairHandlers(operations: readonly Operation[]): Map<Operation, Handler> {
  const handlers: Readonly<Record<string, Handler>> = HANDLERS;
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

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  exchange: Exchange,
): Promise<Reply> {
  const method = request.method ?? 'GET';
  const { path, query_text } = splitUrl(request.url ?? '/');
  for (const [name, value] of Object.entries(VERSION_RANGE_HEADERS)) response.setHeader(name, value);
  if (method === 'OPTIONS') return { status: 200 };
  const found = exchange.match(path);
  const operation = found === null ? undefined : operationFor(found, method);
  const caller = await identify(request, operation, exchange);
  const { minor, versioned } = negotiateVersion(request.headers);
  response.setHeader(VERSION_HEADER, `1.${minor}`);
  if (found === null) throw new RoutingError(404, 'The resource could not be found.');
  if (operation === undefined) throw methodNotAllowed(found);
  if (!servesRoute(operation.gate, minor)) throw belowGate(operation, found);
  const query = readQuery(query_text);
  operation.checkQuery(found.params, query);
  checkQueryGates(operation, query, minor);
  const body = operation.body_limit === null ? undefined : await readJsonBody(request, operation.body_limit);
  operation.checkBody(body);
  const handler = exchange.handlers.get(operation);
  if (handler === undefined) throw new Error(`No handler for operation ${operation.id}.`);
  const base_url = baseUrl(request, exchange.api);
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
  return handler(parsed, exchange.api);
}

const HEAD_PATHS = new Set(['/', '/v1']);

function operationFor(found: Match, method: string): Operation | undefined {
  const direct = found.methods.get(method);
  if (direct !== undefined || method !== 'HEAD') return direct;
  const get = found.methods.get('GET');
  return get !== undefined && HEAD_PATHS.has(get.path) ? get : undefined;
}

const ANONYMOUS: Omit<Caller, 'request_id'> = {
  user_id: null,
  project_id: null,
  system_scope: false,
  roles: [],
  service_roles: [],
  unrestricted: false,
  is_public_api: true,
};

async function identify(
  request: IncomingMessage,
  operation: Operation | undefined,
  exchange: Exchange,
): Promise<Caller> {
  const { request_id } = exchange;
  if (operation?.public) return { ...ANONYMOUS, request_id };
  return exchange.authenticator.authenticate(request.headers, request_id);
}

function methodNotAllowed(found: Match): RoutingError {
  return new RoutingError(405, 'The method is not allowed for this resource.', {
    Allow: [...found.methods.keys()].join(', '),
  });
}

function belowGate(operation: Operation, found: Match): RoutingError {
  const below = operation.gate?.below ?? 404;
  if (below === 405) return methodNotAllowed(found);
  return below === 406
    ? new RoutingError(406, 'Request not acceptable.')
    : new RoutingError(404, 'The resource could not be found.');
}

function splitUrl(url: string): { path: string; query_text: string } {
  const at = url.indexOf('?');
  return at === -1
    ? { path: url, query_text: '' }
    : { path: url.slice(0, at), query_text: url.slice(at + 1) };
}

const NO_QUERY: Readonly<Record<string, string>> = Object.freeze({});

function readQuery(query_text: string): Readonly<Record<string, string>> {
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

function checkQueryGates(operation: Operation, query: Readonly<Record<string, string>>, minor: number): void {
  for (const name in query) {
    const gate = operation.query_gates[name];
    if (gate === undefined || minor >= gate.since) continue;
    if (gate.below === 400) {
      throw serviceError('InvalidParameterValue', {
        why: `Invalid query parameter ${name} in this version.`,
      });
    }
    throw serviceError('NotAcceptable', {});
  }
}

function baseUrl(request: IncomingMessage, api: Api): string {
  const fixed = api.settings.api.public_endpoint;
  if (fixed !== '') return fixed.endsWith('/') ? fixed.slice(0, -1) : fixed;
  const scheme = 'encrypted' in request.socket ? 'https' : 'http';
  return `${scheme}://${request.headers.host ?? 'localhost'}`;
}

function send(response: ServerResponse, reply: Reply): void {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  response.statusCode = reply.status;
  const text = reply.text ?? (reply.body === undefined ? undefined : JSON.stringify(reply.body));
  if (text === undefined) {
    if (reply.status !== 204) response.setHeader('Content-Length', 0);
    response.end();
    return;
  }
  const bytes = Buffer.from(text, 'utf8');
  response.setHeader('Content-Type', JSON_TYPE);
  response.setHeader('Content-Length', bytes.length);
  response.end(bytes);
}

interface ErrorReply {
  status: number;
  body: object;
  headers?: Readonly<Record<string, string>>;
}

function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  exchange: Pick<Exchange, 'api' | 'request_id'>,
): void {
  if (response.headersSent || request.socket.destroyed) {
    response.destroy();
    return;
  }
  const reply = errorReply(error, exchange);
  if (reply.status >= 500) {
    const { path } = splitUrl(request.url ?? '/');
    const facts = { err: error, request_id: exchange.request_id, method: request.method, path };
    exchange.api.log.error(facts, 'request failed');
  }
  // What is left of the body is thrown away, or a client that still writes would see a reset instead of the refusal.
  request.resume();
  send(response, { status: reply.status, text: JSON.stringify(reply.body), headers: reply.headers ?? {} });
}

/** The catalogue's errors as they are; anything else is a 500 that says nothing but the request id. */
function errorReply(error: unknown, { request_id }: Pick<Exchange, 'request_id'>): ErrorReply {
  if (error instanceof ServiceError) {
    const headers = error.status === 503 ? { 'Retry-After': String(RETRY_AFTER_S) } : {};
    return { status: error.status, body: faultBody(error.status, error.message), headers };
  }
  if (error instanceof RoutingError) {
    return {
      status: error.status,
      body: routingErrorBody(error.status, error.message),
      headers: error.headers,
    };
  }
  if (error instanceof Unauthorized) {
    return { status: 401, body: error.body, headers: { 'WWW-Authenticate': error.challenge } };
  }
  if (error instanceof PlainFault) return { status: error.status, body: plainFaultBody(error.message) };
  const internal = serviceError('Internal', { request_id });
  return { status: internal.status, body: faultBody(internal.status, internal.message) };
}
