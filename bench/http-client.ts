import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An HTTP/1.1 client that costs next to nothing, so that a benchmark measures the server: one request at a time per kept connection. */
export interface HttpClient extends AsyncDisposable {
  /** The body of a good reply. @throws Error when it is not a 2xx */
  ask(method: string, path: string, body?: object): Promise<Buffer>;
}

interface Connection {
  ask(head: string, body: string): Promise<Reply>;
  end(): void;
}

interface Reply {
  status: number;
  body: Buffer;
}

const END_OF_HEAD = '\r\n\r\n';
/** "HTTP/1.1 200" */
const STATUS = [9, 12] as const;

/** Opens `connections` connections to `url`; each request has `headers`. */
export async function openHttpClient(
  url: string,
  connections: number,
  headers: Readonly<Record<string, string>>,
): Promise<HttpClient> {
  const { hostname, port, host } = new URL(url);
  const common = Object.entries({ host, 'content-type': 'application/json', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  const all = await Promise.all(
    Array.from({ length: connections }, () => openConnection(hostname, Number(port))),
  );
  const idle = [...all];
  const waiting: ((connection: Connection) => void)[] = [];

  const take = (): Promise<Connection> => {
    const free = idle.pop();
    return free === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(free);
  };
  const giveBack = (connection: Connection): void => {
    const next = waiting.shift();
    if (next === undefined) idle.push(connection);
    else next(connection);
  };

  return {
    async ask(method, path, body) {
      const text = body === undefined ? '' : JSON.stringify(body);
      const connection = await take();
      try {
        const head = `${method} ${path} HTTP/1.1\r\n${common}content-length: ${Buffer.byteLength(text)}${END_OF_HEAD}`;
        const reply = await connection.ask(head, text);
        if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.body}`);
        return reply.body;
      } finally {
        giveBack(connection);
      }
    },
    async [Symbol.asyncDispose]() {
      for (const connection of all) connection.end();
    },
  };
}

async function openConnection(host: string, port: number): Promise<Connection> {
  const socket: Socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  let received: Buffer[] = [];
  let size = 0;
  let expected = -1;
  let answered: { resolve(reply: Reply): void; reject(error: Error): void } | null = null;

  socket.on('data', (chunk) => {
    received.push(chunk);
    size += chunk.length;
    if (expected < 0) {
      received = [Buffer.concat(received)];
      expected = lengthOf(received[0] ?? chunk);
    }
    if (expected < 0 || size < expected) return;
    const whole = received.length === 1 ? (received[0] as Buffer) : Buffer.concat(received);
    const reply = {
      status: Number(whole.toString('latin1', ...STATUS)),
      body: whole.subarray(whole.indexOf(END_OF_HEAD) + END_OF_HEAD.length),
    };
    received = [];
    size = 0;
    expected = -1;
    answered?.resolve(reply);
  });
  const failed = (error?: Error): void => answered?.reject(error ?? new Error('The server hung up.'));
  socket.on('error', failed).on('close', () => failed());

  return {
    ask: (head, body) =>
      new Promise((resolve, reject) => {
        answered = { resolve, reject };
        socket.write(head + body);
      }),
    end: () => socket.destroy(),
  };
}

/** Bytes of the whole reply; -1 while its head is not complete. */
function lengthOf(bytes: Buffer): number {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end < 0) return -1;
  const [, length] = /^content-length: *(\d+)/im.exec(bytes.toString('latin1', 0, end)) ?? [];
  return end + END_OF_HEAD.length + Number(length ?? 0);
}
