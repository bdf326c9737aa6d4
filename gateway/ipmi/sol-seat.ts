import type { Attachment, ConsoleEnd, ConsoleViewer } from '../../conductor/consoles/viewer.ts';
import type { Session } from '../../drivers/ipmi/managed/session-table.ts';
import { type SerialLine, SolPort } from '../../drivers/ipmi/managed/sol-port.ts';
import type { Clock } from '../../lifecycle/clock.ts';

export interface SolSeatParts {
  clock: Clock;
  isOpen(session: Session): boolean;
  /** Sends a payload to the session's console. */
  send(session: Session, payload: Uint8Array): void;
  /** Said once: the seat is over. */
  onOver(why: string): void;
}

const TYPE_MS = 15_000;
/** Typed and not with the BMC yet: beyond it the client is told to wait. */
const MOST_TYPED = 4096;
/** Of what was printed before the client began. */
const EARLY = 8192;

/** The serial port of one server for one session of Serial over LAN: our end of the payload, and a viewer of the shared console. */
export class SolSeat implements ConsoleViewer {
  readonly session: Session;
  /** What came from the client, and went to it. */
  readonly count = { in: 0, out: 0 };
  readonly port: SolPort;
  readonly #parts: SolSeatParts;
  readonly #over = new AbortController();
  #attachment: Attachment | null = null;
  #listener: ((bytes: Uint8Array) => void) | null = null;
  #early: Buffer = Buffer.alloc(0);
  #typed = 0;
  #typing: Promise<void> = Promise.resolve();

  constructor(session: Session, parts: SolSeatParts) {
    this.session = session;
    this.#parts = parts;
    const line: SerialLine = {
      write: (bytes) => this.#type(bytes.length, (to, options) => to.write(bytes, options)),
      sendBreak: () => this.#type(0, (to, options) => to.sendBreak(options)),
      onData: (listener) => {
        this.#listener = listener;
        return () => {
          this.#listener = null;
        };
      },
    };
    this.port = new SolPort({
      clock: parts.clock,
      isOpen: parts.isOpen,
      send: parts.send,
      serial: () => line,
      takes: () => Math.max(0, MOST_TYPED - this.#typed),
    });
  }

  /** The console that it shows; `begin` lets what it prints go. */
  attached(attachment: Attachment): void {
    if (this.#over.signal.aborted) attachment.detach();
    else this.#attachment = attachment;
  }

  /** The client knows that its payload is active. */
  begin(): void {
    if (this.#over.signal.aborted) return;
    this.port.activate(this.session);
    const early = this.#early;
    this.#early = Buffer.alloc(0);
    if (early.length > 0) this.data(early);
  }

  data(bytes: Uint8Array): boolean {
    this.count.out += bytes.length;
    if (this.#listener !== null) this.#listener(bytes);
    else this.#early = Buffer.concat([this.#early, bytes]).subarray(-EARLY);
    return true;
  }

  ended(_reason: ConsoleEnd, why: string): void {
    this.end(null, why);
  }

  /** @param by the session that ends it; its client is told when it is another one's. */
  end(by: Session | null, why: string): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(new Error(why));
    this.port.deactivate(by);
    this.#attachment?.detach();
    this.#parts.onOver(why);
  }

  #type(length: number, act: (to: Attachment, options: CallBounds) => Promise<void>): void {
    const to = this.#attachment;
    if (to === null) return;
    this.count.in += length;
    this.#typed += length;
    const options = { timeout_ms: TYPE_MS, signal: this.#over.signal };
    this.#typing = this.#typing
      .then(() => act(to, options))
      .catch((error: Error) => this.end(null, error.message))
      .finally(() => {
        this.#typed -= length;
      });
  }
}

interface CallBounds {
  timeout_ms: number;
  signal: AbortSignal;
}
