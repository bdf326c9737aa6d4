import type { IncomingMessage, RequestListener } from 'node:http';
import type { Authenticator } from '../http/authenticator.ts';
import { loadOpenApi, type Operation } from '../http/operations.ts';
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
import { MAX_MINOR } from '../openstack/microversions.ts';
import { createEventFeed } from './events/feed.ts';
import { createEventStreams } from './events/streams.ts';
import type { LifecycleApi, LifecycleHandler } from './handler.ts';
import { HANDLERS } from './handlers.ts';
import { auditRefusal } from './refused.ts';

export interface LifecycleApiOptions extends Omit<LifecycleApi, 'document' | 'schema' | 'events'> {
  authenticator: Authenticator;
  /** Ends the event streams, which would go on for long. */
  signal?: AbortSignal;
  observe?: (seen: SeenRequest) => void;
}

/**
 * The life-cycle API as a listener, to be mounted at /lifecycle beside the bare metal API: the same callers,
 * policy and errors, without microversions.
 */
export async function createLifecycleApi(options: LifecycleApiOptions): Promise<RequestListener> {
  const { authenticator, observe, signal, ...parts } = options;
  const openapi = await loadOpenApi('lifecycle');
  const handlers = pairHandlers<Operation, LifecycleHandler>(openapi.operations, HANDLERS);
  const match = createRouteMatcher(openapi.operations);
  const { store, clock, log, settings } = parts;
  const { poll_interval, max_streams, stream_lifetime } = settings.events;
  const feed = createEventFeed({ store, clock, log, poll_interval_s: poll_interval, signal });
  const events = createEventStreams({ feed, clock, max_streams, stream_lifetime_s: stream_lifetime, signal });
  const server = {
    api: { ...parts, document: openapi.document, schema: openapi.schema, events },
    authenticator,
    handlers,
    match,
  };
  return serveApi({
    ...{ log: parts.log, clock: parts.clock, observe },
    answer: (request, _response, exchange) => answer(request, exchange, server),
  });
}

interface Server {
  api: LifecycleApi;
  authenticator: Authenticator;
  handlers: ReadonlyMap<Operation, LifecycleHandler>;
  match: (path: string) => Match | null;
}

async function answer(request: IncomingMessage, exchange: Exchange, server: Server): Promise<Reply> {
  const method = request.method ?? 'GET';
  const { path, query_text } = splitUrl(request.url ?? '/');
  const found = server.match(path);
  const operation = found?.methods.get(method);
  exchange.operation = operation?.id ?? null;
  const caller = await identify(request, operation, exchange.request_id, server.authenticator);
  if (found === null) throw new RoutingError(404, 'The resource could not be found.');
  if (operation === undefined) throw methodNotAllowed(found);
  const query = readQuery(query_text);
  operation.checkQuery(found.params, query);
  const body = operation.body_limit === null ? undefined : await readJsonBody(request, operation.body_limit);
  operation.checkBody(body);
  const handler = server.handlers.get(operation);
  if (handler === undefined) throw new Error(`No handler for operation ${operation.id}.`);
  const { id } = operation;
  const base_url = baseUrl(request, server.api.settings);
  const asked = {
    ...{ operation: id, method, params: found.params, query, body, caller, base_url },
    ...{ headers: request.headers, content: request },
    // There are no microversions here: nodes are found by every kind of name.
    ...{ minor: MAX_MINOR, versioned: true },
  };
  try {
    return await handler(asked, server.api);
  } catch (error) {
    await auditRefusal(asked, server.api, error);
    throw error;
  }
}
