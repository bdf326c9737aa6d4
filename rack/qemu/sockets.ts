import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';

/** A place of this machine where QEMU connects; it goes and comes again. */
export interface Listening extends AsyncDisposable {
  /** On loopback; 0 where it is a path. */
  readonly port: number;
}

/**
 * @param where a path of a socket, or `loopback` for a free port of it.
 * @param take gets each connection; its errors are of its end.
 */
export async function listen(
  where: { path: string } | 'loopback',
  take: (socket: Socket) => void,
): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    take(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (where === 'loopback') server.listen(0, '127.0.0.1', resolve);
    else server.listen(where.path, resolve);
  });
  return {
    port: where === 'loopback' ? (server.address() as AddressInfo).port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Connects to a socket that QEMU listens at. Without one the stream breaks at once. */
export function dial(path: string): Socket {
  return createConnection({ path });
}
