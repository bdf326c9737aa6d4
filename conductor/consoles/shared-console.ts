import { type CallOptions, DriverError, type SerialStream } from '../../drivers/contract.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import type { ConsoleLog } from './console-log.ts';
import { Scrollback } from './scrollback.ts';

/** Somebody who looks at a console. */
export interface ConsoleViewer {
  /** What the server prints, at first what it printed last. False: the viewer cannot follow, and is sent away. */
  data(bytes: Uint8Array): boolean;
  /** The console is stopped, or the viewer was too slow. */
  ended(): void;
}

/** A viewer's end of a console. */
export interface Attachment {
  /** Types into it. @throws DriverError: `unreachable` while the way to the server's serial port is being made anew */
  write(bytes: Uint8Array, options: CallOptions): Promise<void>;
  sendBreak(options: CallOptions): Promise<void>;
  detach(): void;
}

export interface SharedConsoleDeps {
  clock: Clock;
  log: ConsoleLog | null;
  /** Opens the serial port. `take_over`: from whoever has it. */
  open(take_over: boolean, signal: AbortSignal): Promise<SerialStream>;
  /** For the operator. */
  onTrouble(message: string): void;
}

export const MAX_VIEWERS = 16;
const SCROLLBACK = 32 * 1024;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** One server's serial port, for several viewers at once; opened again when the way to it is lost, until it is closed. */
export class SharedConsole implements AsyncDisposable {
  readonly #deps: SharedConsoleDeps;
  readonly #viewers = new Set<ConsoleViewer>();
  readonly #scrollback = new Scrollback(SCROLLBACK);
  readonly #closed = new AbortController();
  readonly #running: Promise<void>;
  #stream: SerialStream | null;

  /** @param stream the open serial port */
  constructor(deps: SharedConsoleDeps, stream: SerialStream) {
    this.#deps = deps;
    this.#stream = stream;
    this.#running = this.#run(stream);
  }

  /** True while the serial port is open. */
  get connected(): boolean {
    return this.#stream !== null;
  }

  /** null: there are as many viewers as may be. */
  attach(viewer: ConsoleViewer): Attachment | null {
    if (this.#viewers.size >= MAX_VIEWERS || this.#closed.signal.aborted) return null;
    this.#viewers.add(viewer);
    const printed = this.#scrollback.read();
    if (printed.length > 0) this.#show(viewer, printed);
    return {
      write: (bytes, options) => this.#port().write(bytes, options),
      sendBreak: (options) => this.#port().sendBreak(options),
      detach: () => this.#viewers.delete(viewer),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#stream?.[Symbol.asyncDispose]();
    await this.#running;
    for (const viewer of this.#viewers) viewer.ended();
    this.#viewers.clear();
    await this.#deps.log?.close();
  }

  #port(): SerialStream {
    if (this.#stream !== null) return this.#stream;
    throw new DriverError('unreachable', 'The way to the console is lost; it is being opened again.');
  }

  async #run(first: SerialStream): Promise<void> {
    const { signal } = this.#closed;
    let stream: SerialStream | null = first;
    let pause_ms = FIRST_PAUSE_MS;
    // Whoever took it over is not driven out again.
    let taken = false;
    while (!signal.aborted) {
      if (stream !== null) {
        taken = await this.#read(stream);
        this.#stream = null;
        await stream[Symbol.asyncDispose]();
        stream = null;
        pause_ms = FIRST_PAUSE_MS;
      }
      await this.#deps.clock.sleep(pause_ms, signal).catch(() => undefined);
      pause_ms = Math.min(pause_ms * 2, LONGEST_PAUSE_MS);
      if (signal.aborted) return;
      try {
        stream = await this.#deps.open(!taken, signal);
        this.#stream = stream;
        if (signal.aborted) await stream[Symbol.asyncDispose]();
      } catch (error) {
        if (!signal.aborted) this.#deps.onTrouble(error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** Shows what is printed until the stream ends. True: the BMC closed it, as when somebody else takes it. */
  async #read(stream: SerialStream): Promise<boolean> {
    try {
      for await (const bytes of stream.output) {
        this.#scrollback.add(bytes);
        this.#deps.log?.add(bytes);
        for (const viewer of this.#viewers) this.#show(viewer, bytes);
      }
      return true;
    } catch (error) {
      this.#deps.onTrouble(error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  #show(viewer: ConsoleViewer, bytes: Uint8Array): void {
    if (viewer.data(bytes)) return;
    this.#viewers.delete(viewer);
    viewer.ended();
  }
}
