import type { Readable } from 'node:stream';
import { WebSocket } from 'ws';
import { authorities } from '../net/json-http.ts';
import { CommandFailure } from './exit-codes.ts';

/** The terminal that a console is shown in. */
export interface Terminal {
  input: Readable & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown };
  write(bytes: Uint8Array): void;
}

const OPEN_MS = 20_000;
/** Closed as one wished: the server's end, or one's own. RFC 6455 7.4.1 */
const WISHED: readonly number[] = [1000, 1005];

/** With the first, the text message `break` is a break. */
const PROTOCOLS = ['kurogane.serial', 'binary'];

/**
 * Shows a serial console until it is closed, or `~.` is typed at the start of a line (`~B` sends a break, `~~` types a tilde), as ssh has
 * it.
 * @throws CommandFailure unavailable
 */
export async function attachConsole(
  url: string,
  cacert: string,
  { input, write }: Terminal,
  tell: (text: string) => void,
): Promise<void> {
  const socket = new WebSocket(url, PROTOCOLS, {
    ...(cacert === '' ? {} : { ca: authorities(cacert) }),
    ...{ perMessageDeflate: false, followRedirects: false, handshakeTimeout: OPEN_MS },
  });
  const read = createEscape();
  const typed = (bytes: Buffer): void => {
    const { sent, left, breaks } = read(bytes);
    input.pause();
    if (breaks && socket.protocol === PROTOCOLS[0]) socket.send('break');
    socket.send(sent, () => {
      if (left) socket.close(1000);
      else input.resume();
    });
  };
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('message', (data: Buffer) => write(data));
      socket.on('open', () => {
        tell('The console is open. Type ~. at the start of a line to leave it, ~B to send a break.\n');
        input.setRawMode?.(true);
        input.on('data', typed);
      });
      // The url has the ticket in it, and no error says it.
      socket.on('error', (error) =>
        reject(new CommandFailure('unavailable', `The console cannot be opened: ${error.message}`)),
      );
      socket.on('close', (code, why) => {
        if (WISHED.includes(code)) resolve();
        else reject(new CommandFailure('unavailable', `The console was closed: ${why.toString() || code}`));
      });
    });
  } finally {
    input.off('data', typed);
    input.setRawMode?.(false);
    input.pause();
    socket.terminate();
  }
}

const [CR, LF, TILDE, DOT, B] = [0x0d, 0x0a, 0x7e, 0x2e, 0x42];

/** What of typed bytes is sent, and whether they ask to leave, or for a break. */
export function createEscape(): (bytes: Uint8Array) => { sent: Uint8Array; left: boolean; breaks: boolean } {
  let at_start = true;
  let tilde = false;
  return (bytes) => {
    const sent: number[] = [];
    let breaks = false;
    for (const byte of bytes) {
      if (tilde) {
        tilde = false;
        if (byte === DOT) return { sent: Uint8Array.from(sent), left: true, breaks };
        if (byte === B) {
          breaks = at_start = true;
          continue;
        }
        sent.push(TILDE);
        if (byte === TILDE) continue;
      } else if (at_start && byte === TILDE) {
        tilde = true;
        at_start = false;
        continue;
      }
      sent.push(byte);
      at_start = byte === CR || byte === LF;
    }
    return { sent: Uint8Array.from(sent), left: false, breaks };
  };
}
