import { connect, createServer, type Server, type Socket } from 'node:net';

/** The way from a browser to the service, which can be cut: open connections break, new ones are refused. */
export interface Cable extends AsyncDisposable {
  origin: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** @param origin of the service, on loopback */
export async function layCable(origin: string): Promise<Cable> {
  const target = Number(new URL(origin).port);
  const sockets = new Set<Socket>();
  const carry = (near: Socket): void => {
    const far = connect(target, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  };
  const open = (port: number): Promise<Server> =>
    new Promise((resolve, reject) => {
      const server = createServer(carry);
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  let server = await open(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const cut = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    cut,
    mend: async () => {
      server = await open(port);
    },
    [Symbol.asyncDispose]: cut,
  };
}
