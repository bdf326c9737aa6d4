import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { SharedConsole } from './shared-console.ts';
import type { Attachment } from './viewer.ts';

/** Shown and not taken by the viewer's network yet: beyond it the viewer is sent away. */
const MAX_BEHIND = 1024 * 1024;
const TYPE_TIMEOUT_MS = 10_000;

/** Viewers of a console over TCP, bytes as they are: what Ironic's socat offers. */
export class TcpViewers implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param port 0: any free one @throws when it is not to be had */
  static async listen(console: SharedConsole, host: string, port: number): Promise<TcpViewers> {
    const server = createServer({ noDelay: true });
    const viewers = new TcpViewers(server);
    server.on('connection', (socket) => viewers.#serve(console, socket));
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    return viewers;
  }

  get port(): number {
    const address = this.#server.address();
    return address === null || typeof address === 'string' ? 0 : address.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(console: SharedConsole, socket: Socket): void {
    this.#sockets.add(socket);
    // A viewer that goes is no trouble of ours.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    try {
      const attachment = console.attach({
        data: (bytes) => {
          socket.write(bytes);
          return socket.writableLength <= MAX_BEHIND;
        },
        ended: () => socket.destroy(),
      });
      socket.on('close', () => attachment.detach());
      socket.on('data', (bytes) => type(attachment, socket, bytes));
    } catch (error) {
      socket.end(`\r\n[${(error as Error).message}]\r\n`);
    }
  }
}

function type(attachment: Attachment, socket: Socket, bytes: Uint8Array): void {
  // No more is read until the BMC has taken it.
  socket.pause();
  attachment
    .write(bytes, { timeout_ms: TYPE_TIMEOUT_MS })
    .catch((error: unknown) => socket.write(`\r\n[not typed: ${String(error)}]\r\n`))
    .finally(() => socket.resume());
}
