import { type ConsoleTicket, type ConsoleType, consoleTicket } from '../../api/consoles.ts';
import { ApiError } from '../../api/http.ts';
import { pause } from '../../api/pause.ts';

/** Why a console is over. The gateway says it by its close codes: docs/gateway.md. */
export type Ending = 'ended' | 'revoked' | 'idle' | 'unavailable' | 'slow' | 'lost' | 'refused' | 'left';

export type ConsoleState =
  | { now: 'connecting' | 'lost' }
  | { now: 'open'; read_only: boolean }
  | { now: 'over'; ending: Ending; words: string };

/** Shows what comes from a socket that is being opened, and sends what is typed. Returns what ends it. */
export type Attach = (socket: WebSocket, ticket: ConsoleTicket) => () => void;

const ENDINGS: Readonly<Record<number, Ending>> = {
  1000: 'ended',
  4001: 'revoked',
  4002: 'idle',
  4003: 'unavailable',
  4004: 'slow',
  4005: 'unavailable',
};
/** Before a console that was lost is opened again, by a new ticket; after the last it is given up. */
const PAUSES_MS = [500, 1000, 2000, 5000, 5000];
const PROTOCOLS: Readonly<Record<ConsoleType, string[]>> = {
  serial: ['kurogane.serial', 'binary'],
  graphical: ['binary'],
};

/**
 * Keeps a console open until `signal` ends it: a ticket, a websocket, and both again when the way to the gateway is lost. What the
 * gateway or the API says is final.
 */
export async function keepConsole(
  server: string,
  wish: { type: ConsoleType; take_over: boolean },
  { attach, tell }: { attach: Attach; tell: (state: ConsoleState) => void },
  signal: AbortSignal,
): Promise<void> {
  for (let losses = 0; !signal.aborted; ) {
    tell({ now: losses === 0 ? 'connecting' : 'lost' });
    const end = await once(server, wish, { attach, tell }, signal);
    if (signal.aborted) return;
    if (end.ending !== 'lost') return tell({ now: 'over', ...end });
    const wait_ms = PAUSES_MS[end.was_open ? 0 : losses];
    if (wait_ms === undefined) return tell({ now: 'over', ...end });
    losses = end.was_open ? 1 : losses + 1;
    tell({ now: 'lost' });
    await pause(wait_ms, signal);
  }
}

interface End {
  ending: Ending;
  words: string;
  was_open: boolean;
}

async function once(
  server: string,
  { type, take_over }: { type: ConsoleType; take_over: boolean },
  { attach, tell }: { attach: Attach; tell: (state: ConsoleState) => void },
  signal: AbortSignal,
): Promise<End> {
  let ticket: ConsoleTicket;
  try {
    ticket = await consoleTicket(server, { type, ...(take_over ? { take_over } : {}) }, signal);
  } catch (error) {
    const { message } = error as Error;
    const lost = error instanceof ApiError && (error.status === 0 || error.status >= 500);
    return { ending: lost ? 'lost' : 'refused', words: message, was_open: false };
  }
  const socket = new WebSocket(ticket.url, PROTOCOLS[type]);
  socket.binaryType = 'arraybuffer';
  let was_open = false;
  const ended = new Promise<CloseEvent | null>((resolve) => {
    socket.addEventListener('open', () => {
      was_open = true;
      tell({ now: 'open', read_only: ticket.read_only });
    });
    socket.addEventListener('close', resolve);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
  const detach = attach(socket, ticket);
  const closed = await ended;
  detach();
  socket.close();
  const ending = closed === null ? 'left' : (ENDINGS[closed.code] ?? 'lost');
  return { ending, words: closed?.reason ?? '', was_open };
}
