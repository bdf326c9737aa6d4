import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, isIPv6, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { StartError } from './start-error.ts';

export interface ListenOptions {
  host_ip: string;
  /** 0: any free one. */
  port: number;
  /** PEM texts; absent: plain HTTP. */
  tls?: { cert: string; key: string };
}

export interface Listener extends AsyncDisposable {
  /** `http://address:port`, with the port that was taken. */
  readonly url: string;
  /** From now on requests for another protocol are given to `take`. */
  upgrade(take: Upgrade): void;
}

/** Takes a request for another protocol; false: it is none of its own. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;

/**
 * Bounds of the API's HTTP server. A request is received whole within a minute (a config drive may have 64 MiB); an idle
 * connection outlives the load balancer's 60 seconds, so that the balancer is the one that closes it.
 */
const LIMITS = {
  headers_ms: 15_000,
  request_ms: 60_000,
  keep_alive_ms: 65_000,
  header_bytes: 16_384,
  connections: 8192,
  drain_ms: 10_000,
};

/**
 * Serves `handler`. Disposing it lets running requests finish, for at most ten seconds.
 * @throws StartError when the address is taken or the certificate is unusable.
 */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listener> {
  const server = createServer(handler, options);
  server.headersTimeout = LIMITS.headers_ms;
  server.requestTimeout = LIMITS.request_ms;
  server.keepAliveTimeout = LIMITS.keep_alive_ms;
  server.maxConnections = LIMITS.connections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new StartError(
          `Cannot listen on ${options.host_ip} port ${options.port} (${error.code ?? error.message}). ` +
            'Choose another host_ip or port, or end the program that has it.',
        ),
      );
    });
    server.listen({ host: options.host_ip, port: options.port }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = isIPv6(options.host_ip) ? `[${options.host_ip}]` : options.host_ip;
  const scheme = options.tls === undefined ? 'http' : 'https';
  return {
    url: `${scheme}://${host}:${port}`,
    upgrade: (take) => {
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        if (!take(request, socket, head)) answerPlainly(server, request, socket);
      });
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

function createServer(handler: RequestListener, options: ListenOptions): Server {
  const bounds = { maxHeaderSize: LIMITS.header_bytes };
  if (options.tls === undefined) return createHttpServer(bounds, handler);
  try {
    return createHttpsServer({ ...bounds, ...options.tls, minVersion: 'TLSv1.2' }, handler);
  } catch (error) {
    throw new StartError(
      `The certificate or key of the API cannot be used (${(error as Error).message}). See [ssl]cert_file and key_file.`,
    );
  }
}

/**
 * Who offers another protocol that is not spoken here (HTTP/2, mostly) is answered in this one (RFC 9110 7.8). Node leaves such a request
 * without its body, so one that has a body is asked for again.
 */
function answerPlainly(server: Server, request: IncomingMessage, socket: Duplex): void {
  const { 'content-length': length = '0', 'transfer-encoding': chunked } = request.headers;
  if (length !== '0' || chunked !== undefined) {
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.on('finish', () => socket.end());
  server.emit('request', request, response);
}

async function close(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), LIMITS.drain_ms);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(cut);
}
