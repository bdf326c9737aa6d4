import { createServer, connect as dial, type Socket } from 'node:net';
import { freePort } from './free-port.ts';

/** A way to a TCP server that a test can cut and stall. */
export interface TcpRelay extends AsyncDisposable {
  readonly port: number;
  /** Connections through it now. */
  readonly connections: number;
  /** Cuts every connection, as a lost network path that answers with a reset. New ones are let through. */
  cut(): void;
  /** Lets nothing through, in neither direction, and closes nothing. */
  stall(): void;
  /** Undoes `stall`. */
  resume(): void;
}

/** Starts a relay on a free loopback port to `127.0.0.1:target_port`. */
export async function startTcpRelay(target_port: number): Promise<TcpRelay> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let stalled = false;

  const server = createServer((near) => {
    const far = dial(target_port, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', () => undefined);
      from.on('close', () => {
        pairs.delete(pair);
        to.destroy();
      });
      if (stalled) from.pause();
    }
  });
  const port = await freePort();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

  function each(work: (socket: Socket) => unknown): void {
    for (const pair of pairs) for (const socket of pair) work(socket);
  }

  return {
    port,
    get connections() {
      return pairs.size;
    },
    cut: () => each((socket) => socket.resetAndDestroy()),
    stall() {
      stalled = true;
      each((socket) => socket.pause());
    },
    resume() {
      stalled = false;
      each((socket) => socket.resume());
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      each((socket) => socket.destroy());
      await closed;
    },
  };
}
