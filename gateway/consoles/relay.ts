import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ConsoleWay } from '../../conductor/consoles/viewer.ts';
import { DriverError } from '../../drivers/contract.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import { CONSOLE_PATH } from '../../lifecycle/console.ts';
import type { Watch } from '../watch.ts';
import { type OpenBmc, openScreen } from './screen.ts';
import { openSerial } from './serial.ts';
import { type Admitted, type ConsoleStore, redeem } from './tickets.ts';
import { type CloseReason, closeSocket, type Seat, type Viewer } from './viewer.ts';

export interface ConsoleRelayOptions {
  store: ConsoleStore;
  /** Of consoles. */
  watch: Watch;
  /** For screens. */
  open: OpenBmc;
  /** For serial ports. */
  consoles: ConsoleWay;
  clock: Clock;
  log: { info(facts: object, message: string): void; warn(facts: object, message: string): void };
  audit: boolean;
  /** Seconds after which a console on which nothing happens is closed. */
  idle_s: number;
}

/** Consoles by websocket: who has a ticket is led to the serial port or the screen of its server. */
export interface ConsoleRelay extends AsyncDisposable {
  /** For requests that want another protocol (RFC 9110 7.8); false: it is none for a console. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Consoles that are open now. */
  readonly open: number;
}

const CONSOLES = 500;
const MOST_TYPED = 64 * 1024;
const PING_MS = 30_000;
/** How long the other end has to say good-bye. */
const CLOSE_MS = 500;
/** What clients ask for, best first: with the first, bytes are binary messages, and the text message `break` is a break. noVNC and its kind know the second. */
const PROTOCOLS = ['kurogane.serial', 'binary'] as const;

export function createConsoleRelay(options: ConsoleRelayOptions): ConsoleRelay {
  const { store, watch, clock, log } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MOST_TYPED,
    handleProtocols: (wished) => PROTOCOLS.find((protocol) => wished.has(protocol)) ?? false,
  });
  const open = new Map<WebSocket, (reason: CloseReason, why: string) => void>();
  const work = new Set<Promise<unknown>>();
  const track = (task: Promise<unknown>): void => {
    const tracked = task
      .catch((error: unknown) => log.warn({ err: error }, 'a console failed'))
      .finally(() => work.delete(tracked));
    work.add(tracked);
  };

  async function admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const ticket = new URL(request.url ?? '/', 'http://gateway').searchParams.get('ticket') ?? '';
    if (open.size >= CONSOLES) return refuse(socket, '503 Service Unavailable');
    const admitted = await redeem(store, ticket);
    if (admitted === null) return refuse(socket, '401 Unauthorized');
    sockets.handleUpgrade(request, socket, head, (opened) => track(serve(opened, admitted)));
  }

  async function serve(socket: WebSocket, { console, node }: Admitted): Promise<void> {
    const over = new AbortController();
    let why = 'Whoever looked left.';
    const count = { in: 0, out: 0 };
    let used_ms = clock.monotonic();
    let alive = true;
    const end = (reason: CloseReason, words: string): void => {
      if (over.signal.aborted) return;
      why = words;
      closeSocket(socket, reason, words);
      over.abort();
    };
    open.set(socket, end);
    const unwatch = watch.watch(console.uuid, (words) => end('revoked', words));
    socket.on('close', () => over.abort());
    socket.on('error', () => over.abort());
    socket.on('pong', () => {
      alive = true;
    });
    const viewer: Viewer = {
      get waiting() {
        return socket.bufferedAmount;
      },
      send: (bytes, sent) => {
        if (over.signal.aborted) return;
        used_ms = clock.monotonic();
        count.out += bytes.length;
        socket.send(bytes, { binary: true }, sent);
      },
      end,
    };
    let seat: Seat | null = null;
    // What is typed while the BMC opens waits in the socket.
    socket.pause();
    try {
      await tell('console-open', {});
      const { type, read_only, take_over } = console;
      seat =
        type === 'serial'
          ? await openSerial(options.consoles, node, viewer, take_over)
          : await openScreen(options.open, node, viewer, read_only);
      const taking = seat;
      socket.on('message', (data: Buffer, is_binary: boolean) => {
        used_ms = clock.monotonic();
        // Of a screen it is filtered: asking for pictures is no typing.
        if (over.signal.aborted || (type === 'serial' && read_only)) return;
        const send = is_binary || socket.protocol !== PROTOCOLS[0] ? taking.take : breakOf(taking, data);
        if (send === null)
          return end('unacceptable', 'The one text message that a serial port takes is "break".');
        count.in += data.length;
        socket.pause();
        send(data).then(
          () => socket.resume(),
          (error: Error) => end(error instanceof DriverError ? 'unavailable' : 'unacceptable', error.message),
        );
      });
      socket.resume();
      await keep();
    } catch (error) {
      if (over.signal.aborted) return;
      log.info({ console: console.uuid, err: error }, 'a console could not be opened');
      end('unavailable', (error as Error).message);
    } finally {
      unwatch();
      over.abort();
      await seat?.leave();
      await clock.sleep(CLOSE_MS, ended.signal).catch(() => {});
      socket.terminate();
      open.delete(socket);
      const closed_at = await store.now();
      await store.consoles.update(console.uuid, { state: 'closed', closed_at, why }, { state: 'open' });
      await tell('console-end', { why, bytes_in: count.in, bytes_out: count.out });
    }

    /** Until it is over: whether whoever looks is there, and does something. */
    async function keep(): Promise<void> {
      const idle_ms = options.idle_s * 1000;
      while (!over.signal.aborted) {
        const pause_ms = Math.min(PING_MS, Math.max(50, used_ms + idle_ms - clock.monotonic()));
        await clock.sleep(pause_ms, over.signal).catch(() => {});
        if (over.signal.aborted) return;
        if (clock.monotonic() - used_ms >= idle_ms) return end('idle', 'Nothing happened for long.');
        if (pause_ms < PING_MS) continue;
        if (!alive) return end('idle', 'Whoever looked does not answer.');
        alive = false;
        socket.ping();
        await store.consoles.update(console.uuid, { seen_at: await store.now() }, { state: 'open' });
      }
    }

    async function tell(action: string, detail: object): Promise<void> {
      if (!options.audit) return;
      const { uuid, server_uuid, type, read_only, user, project } = console;
      await store.audit.append({
        ...{ node_uuid: server_uuid, action, user, project, request_id: `req-${uuid}` },
        detail: { uuid, type, read_only, ...detail },
      });
    }
  }

  const ended = new AbortController();
  return {
    get open() {
      return open.size;
    },
    upgrade(request, socket, head) {
      const [path] = (request.url ?? '').split('?');
      if (path !== CONSOLE_PATH || request.headers.upgrade?.toLowerCase() !== 'websocket') return false;
      socket.on('error', () => socket.destroy());
      track(
        admit(request, socket, head).catch((error: unknown) => {
          refuse(socket, '503 Service Unavailable');
          throw error;
        }),
      );
      return true;
    },
    async [Symbol.asyncDispose]() {
      for (const end of open.values()) end('going_away', 'The gateway ends.');
      ended.abort();
      await Promise.all(work);
      sockets.close();
    },
  };
}

function breakOf({ sendBreak }: Seat, asked: Buffer): Seat['take'] | null {
  return sendBreak === undefined || asked.toString() !== 'break' ? null : sendBreak;
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
