import type { WebSocket } from 'ws';

/** Why a console was closed, in numbers that clients may use. RFC 6455 7.4.2 leaves 4000 to 4999 to applications. */
export const CLOSE_CODES = {
  /** The other end is over. */
  ended: 1000,
  /** The gateway ends. */
  going_away: 1001,
  /** It was revoked. */
  revoked: 4001,
  /** Nothing happened for long. */
  idle: 4002,
  /** The BMC does not give the console, or gives it no more. */
  unavailable: 4003,
  /** Whoever looks does not keep up. */
  too_slow: 4004,
  /** What came in is nothing that a console takes. */
  unacceptable: 4005,
} as const;

export type CloseReason = keyof typeof CLOSE_CODES;

/** What is sent to whoever looks. */
export interface Viewer {
  /** @param sent called when they are on their way. */
  send(bytes: Uint8Array, sent?: () => void): void;
  /** Bytes that wait to be sent. */
  readonly waiting: number;
  end(reason: CloseReason, why: string): void;
}

/** One end of a console, as whoever looks has it. */
export interface Seat {
  /** Takes what was typed; resolves when there is room for more. */
  take(bytes: Uint8Array): Promise<void>;
  /** Of a serial port: a break, as terminals have a key for it. */
  sendBreak?(): Promise<void>;
  leave(): Promise<void>;
}

/** The longest reason that a close frame holds. RFC 6455 5.5 */
const LONGEST_REASON = 123;

/** Sends the close frame; `why` is cut to what fits, between characters. */
export function closeSocket(socket: WebSocket, reason: CloseReason, why: string): void {
  let words = why;
  while (Buffer.byteLength(words) > LONGEST_REASON) words = words.slice(0, -1);
  socket.close(CLOSE_CODES[reason], words);
}
