import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import type { Screen } from '../screen/screen.ts';

/** Where OpenBMC has it (github.com/openbmc/bmcweb include/kvm_websocket.hpp). */
export const KVM_PATH = '/kvm/0';
/** Viewers at one time, as there. */
export const KVM_PLACES = 4;

/** The screen of a server as a WebSocket, as OpenBMC's web server gives it to those who are logged in. */
export class Kvm {
  readonly #screen: Screen;
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false });

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  get viewers(): number {
    return this.#server.clients.size;
  }

  /** Takes a request that was let in. */
  serve(request: IncomingMessage, socket: Duplex, head: Buffer, places: number): void {
    this.#server.handleUpgrade(request, socket, head, (viewer) => {
      viewer.on('error', () => {});
      if (this.viewers > places) viewer.close(1000, 'Max sessions are already connected');
      else this.#relay(viewer);
    });
  }

  close(): void {
    for (const viewer of this.#server.clients) viewer.terminate();
    this.#server.close();
  }

  #relay(viewer: WebSocket): void {
    const screen = this.#screen.open();
    const way = createWebSocketStream(viewer, { allowHalfOpen: false });
    for (const [from, to] of [
      [screen, way],
      [way, screen],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  }
}
