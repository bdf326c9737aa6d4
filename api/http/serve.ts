import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Clock } from '../../lifecycle/clock.ts';
import { ServiceError, serviceError } from '../../lifecycle/errors.ts';
import { Unauthorized } from './authenticator.ts';
import type { Reply } from './reply.ts';
import { splitUrl } from './request-parts.ts';
import { faultBody, PlainFault, plainFaultBody, RoutingError, routingErrorBody } from './wire-error.ts';

/** What is known of one request while it is answered. */
export interface Exchange {
  /** `req-<uuid>` */
  readonly request_id: string;
  /** operationId of the route; null while, or when, none is found. */
  operation: string | null;
}

/** One answered request, for whoever counts. */
export interface SeenRequest {
  /** operationId; null: no such route. */
  operation: string | null;
  /** As the client wrote it. */
  method: string;
  status: number;
  duration_s: number;
  request_id: string;
}

export interface ServeOptions {
  log: Pick<Logger, 'debug' | 'info' | 'error'>;
  clock: Clock;
  /** Told of every request once it is answered. Must be quick and must not throw. */
  observe?: ((seen: SeenRequest) => void) | undefined;
  /** Answers a request, or throws ServiceError, RoutingError, Unauthorized or PlainFault. */
  answer(request: IncomingMessage, response: ServerResponse, exchange: Exchange): Promise<Reply>;
}

const RETRY_AFTER_S = 5;
const JSON_TYPE = 'application/json';
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** A listener around `answer`: request ids, OpenStack's errors, one log line per request. */
export function serveApi(options: ServeOptions): RequestListener {
  const { log, clock } = options;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const began = clock.monotonic();
    const exchange: Exchange = { request_id: `req-${randomUUID()}`, operation: null };
    const { request_id } = exchange;
    let reply: Reply | null = null;
    response.setHeader('openstack-request-id', request_id);
    response.setHeader('x-openstack-request-id', request_id);
    try {
      reply = await options.answer(request, response, exchange);
      send(response, reply);
    } catch (error) {
      sendError(request, response, error, { log, request_id });
    }
    const method = request.method ?? 'GET';
    const { operation } = exchange;
    const duration_s = (clock.monotonic() - began) / 1000;
    options.observe?.({ operation, method, status: response.statusCode, duration_s, request_id });
    const facts = { request_id, operation, method, status: response.statusCode, duration_s };
    if (READS.has(method)) log.debug(facts, 'request');
    else log.info(facts, 'request');
    if (reply?.stream === undefined) return;
    await reply.stream(response);
    response.end();
  };
  return (request, response) => {
    serve(request, response).catch((error: unknown) => {
      log.error({ err: error }, 'request failed');
      response.destroy();
    });
  };
}

function send(response: ServerResponse, reply: Reply): void {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  response.statusCode = reply.status;
  if (reply.stream !== undefined) {
    response.flushHeaders();
    return;
  }
  if (reply.pieces !== undefined) {
    sendPieces(response, reply.pieces);
    return;
  }
  const text = reply.text ?? (reply.body === undefined ? undefined : JSON.stringify(reply.body));
  if (text === undefined) {
    if (reply.status !== 204) response.setHeader('Content-Length', 0);
    response.end();
    return;
  }
  response.setHeader('Content-Type', JSON_TYPE);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  // As text and not as bytes: Node then sends head and body in one piece.
  response.end(text);
}

function sendPieces(response: ServerResponse, pieces: readonly Buffer[]): void {
  response.setHeader('Content-Type', JSON_TYPE);
  response.setHeader(
    'Content-Length',
    pieces.reduce((sum, piece) => sum + piece.length, 0),
  );
  response.cork();
  for (const piece of pieces) response.write(piece);
  response.end();
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
  { log, request_id }: Pick<ServeOptions, 'log'> & { request_id: string },
): void {
  if (response.headersSent || request.socket.destroyed) {
    response.destroy();
    return;
  }
  const reply = errorReply(error, request_id);
  if (reply.status >= 500) {
    const { path } = splitUrl(request.url ?? '/');
    log.error({ err: error, request_id, method: request.method, path }, 'request failed');
  }
  // What is left of the body is thrown away, or a client that still writes would see a reset instead of the refusal.
  request.resume();
  send(response, { status: reply.status, text: JSON.stringify(reply.body), headers: reply.headers ?? {} });
}

/** The catalogue's errors as they are; anything else is a 500 that says nothing but the request id. */
function errorReply(error: unknown, request_id: string): ErrorReply {
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
