import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { JsonObject } from '../../lifecycle/json.ts';
import { encodeFrame, FRAME, type Frame, frameReader } from './link-frames.ts';
import { errorWords, LINK_CIPHER, LINK_IDENTITY, wordsIn } from './link-words.ts';
import type { SerialConsoles } from './serial-consoles.ts';
import type { Attachment } from './viewer.ts';

export interface LinkListener extends AsyncDisposable {
  readonly port: number;
  /** In hex. */
  readonly secret: string;
}

/** Shown and not taken by the other end yet. */
const MAX_BEHIND = 1024 * 1024;
const TYPE_MS = 15_000;
/** How long who connects may take to say what is asked. */
const HELLO_MS = 10_000;
const MOST_LINKS = 1000;
const SECRET_BYTES = 32;

/** Gives the serial ports of this conductor to other processes of ours: TLS by a secret that both ends know, no certificates. */
export async function listenLink(
  consoles: SerialConsoles,
  { address, port }: { address: string; port: number },
): Promise<LinkListener> {
  const secret = randomBytes(SECRET_BYTES);
  const sockets = new Set<TLSSocket>();
  const server = createServer({
    ciphers: LINK_CIPHER,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    handshakeTimeout: HELLO_MS,
    pskCallback: (_socket, identity) => (identity === LINK_IDENTITY ? secret : null),
  });
  server.maxConnections = MOST_LINKS;
  // Who has not the secret is nobody.
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    serve(consoles, socket);
  });
  server.listen({ host: address, port, exclusive: true });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    secret: secret.toString('hex'),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroySoon();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** One question, and what follows it. */
function serve(consoles: SerialConsoles, socket: TLSSocket): void {
  const say = (type: number, words: JsonObject | string | null): void => {
    if (!socket.destroyed) socket.write(encodeFrame(type, JSON.stringify(words)));
  };
  const read = frameReader();
  let attachment: Attachment | null = null;
  let asked = false;
  let left = false;
  /** What is typed goes one after the other. */
  let typing: Promise<void> = Promise.resolve();
  socket.setTimeout(HELLO_MS, () => {
    if (!asked) socket.destroy();
  });
  socket.on('close', () => {
    left = true;
    attachment?.detach();
  });
  socket.on('data', (bytes: Buffer) => {
    try {
      for (const frame of read(bytes)) take(frame);
    } catch {
      socket.destroy();
    }
  });

  function take({ type, body }: Frame): void {
    if (type === FRAME.hello && !asked) {
      asked = true;
      answer(wordsIn(body)).catch((error: unknown) => {
        say(FRAME.hello, { error: errorWords(error) });
        socket.end();
      });
      return;
    }
    const seat = attachment;
    if (seat === null) {
      socket.destroy();
      return;
    }
    const options = { timeout_ms: TYPE_MS };
    const typed = Buffer.from(body);
    socket.pause();
    typing = typing
      .then(() => (type === FRAME.sendBreak ? seat.sendBreak(options) : seat.write(typed, options)))
      .then(
        () => say(FRAME.done, null),
        (error: unknown) => say(FRAME.done, errorWords(error)),
      )
      .finally(() => socket.resume());
  }

  async function answer({ ask, node, take_over }: JsonObject): Promise<void> {
    const uuid = String(node);
    if (ask !== 'attach') {
      if (ask === 'release') await consoles.release(uuid);
      const url = ask === 'keep' ? await consoles.keep(uuid) : consoles.urlOf(uuid);
      say(FRAME.hello, { url });
      socket.end();
      return;
    }
    const viewer = {
      data: (bytes: Uint8Array) => {
        socket.write(encodeFrame(FRAME.data, bytes));
        return socket.writableLength <= MAX_BEHIND;
      },
      ended: (reason: string, why: string) => {
        say(FRAME.end, { reason, why });
        socket.end();
      },
    };
    const seat = await consoles.attach(uuid, viewer, take_over === true);
    if (left) return seat.detach();
    attachment = seat;
    say(FRAME.hello, {});
  }
}
