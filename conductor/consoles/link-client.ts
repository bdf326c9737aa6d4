import { connect, type TLSSocket } from 'node:tls';
import { type CallOptions, DriverError } from '../../drivers/contract.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { encodeFrame, FRAME, type Frame, frameReader } from './link-frames.ts';
import { errorOf, LINK_CIPHER, LINK_IDENTITY, type LinkQuestion, wordsIn } from './link-words.ts';
import { type Attachment, CONSOLE_ENDS, type ConsoleViewer } from './viewer.ts';

/** Where a conductor gives others its consoles. */
export interface ConsoleLink {
  conductor: string;
  address: string;
  port: number;
  /** In hex. */
  secret: string;
}

/** Opening a console may log in to a slow BMC. */
const ANSWER_MS = 45_000;
const KEEP_ALIVE_MS = 15_000;

/** Asks for what has one answer: a URL or none. @throws DriverError */
export async function callLink(link: ConsoleLink, question: LinkQuestion): Promise<string | null> {
  const { socket, answer } = await ask(link, question, () => undefined);
  socket.destroy();
  return typeof answer.url === 'string' ? answer.url : null;
}

/** Looks at a console of another conductor. @throws DriverError */
export async function watchLink(
  link: ConsoleLink,
  question: LinkQuestion,
  viewer: ConsoleViewer,
  clock: Clock,
): Promise<Attachment> {
  /** What was typed and is not with the BMC yet, in its order. */
  const typed: ((error: DriverError | null) => void)[] = [];
  let over = false;
  const end: ConsoleViewer['ended'] = (reason, why) => {
    if (over) return;
    over = true;
    viewer.ended(reason, why);
  };
  const take = ({ type, body }: Frame, socket: TLSSocket): void => {
    if (over) return;
    if (type === FRAME.data && !viewer.data(Uint8Array.from(body))) {
      end('too_slow', 'More was printed than was read.');
      socket.destroy();
    } else if (type === FRAME.done) {
      const words: unknown = JSON.parse(body.toString('utf8'));
      typed.shift()?.(words === null ? null : errorOf(words as JsonObject));
    } else if (type === FRAME.end) {
      const { reason, why } = wordsIn(body);
      end(CONSOLE_ENDS.find((known) => known === reason) ?? 'unavailable', String(why));
    }
  };
  const { socket } = await ask(link, question, take);
  const lost = `The conductor ${link.conductor}, which had the console, is gone. Open it again.`;
  socket.on('close', () => {
    end('unavailable', lost);
    for (const settle of typed.splice(0)) settle(new DriverError('unreachable', lost));
  });
  if (socket.destroyed) end('unavailable', lost);

  async function type(kind: number, bytes: Uint8Array, { timeout_ms, signal }: CallOptions): Promise<void> {
    signal?.throwIfAborted();
    if (over || socket.destroyed) throw new DriverError('unreachable', lost);
    const done = new AbortController();
    const late = clock.sleep(timeout_ms, done.signal).then(
      () => socket.destroy(),
      () => undefined,
    );
    try {
      await new Promise<void>((resolve, reject) => {
        typed.push((error) => (error === null ? resolve() : reject(error)));
        socket.write(encodeFrame(kind, bytes));
      });
    } finally {
      done.abort();
      await late;
    }
  }
  return {
    write: (bytes, options) => type(FRAME.data, bytes, options),
    sendBreak: (options) => type(FRAME.sendBreak, new Uint8Array(0), options),
    detach: () => {
      over = true;
      socket.destroy();
    },
  };
}

/** Opens a link, and resolves with the answer; what comes besides is taken by `take`. */
function ask(
  { conductor, address, port, secret }: ConsoleLink,
  question: LinkQuestion,
  take: (frame: Frame, socket: TLSSocket) => void,
): Promise<{ socket: TLSSocket; answer: JsonObject }> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...{ host: address, port, ciphers: LINK_CIPHER, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
      pskCallback: () => ({ psk: Buffer.from(secret, 'hex'), identity: LINK_IDENTITY }),
      // Who has the secret is the conductor: there is no certificate.
      checkServerIdentity: () => undefined,
    });
    const fail = (why: string): void =>
      reject(
        new DriverError(
          'unreachable',
          `The conductor ${conductor} does not give its consoles at ${address} port ${port} (${why}). Check that it runs, and its [console]link_address.`,
        ),
      );
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    socket.setTimeout(ANSWER_MS, () => {
      fail('no answer');
      socket.destroy();
    });
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('it closed'));
    socket.on('secureConnect', () => socket.write(encodeFrame(FRAME.hello, JSON.stringify(question))));
    const read = frameReader();
    socket.on('data', (bytes: Buffer) => {
      try {
        for (const frame of read(bytes)) {
          if (frame.type !== FRAME.hello) {
            take(frame, socket);
            continue;
          }
          socket.setTimeout(0);
          const answer = wordsIn(frame.body);
          const { error } = answer;
          if (error === undefined) resolve({ socket, answer });
          else {
            reject(errorOf(error as JsonObject));
            socket.destroy();
          }
        }
      } catch (error) {
        fail((error as Error).message);
        socket.destroy();
      }
    });
  });
}
