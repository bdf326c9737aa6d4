import { DriverError, type SerialStream } from '../../drivers/contract.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import type { ConsoleLog } from './console-log.ts';
import { Scrollback } from './scrollback.ts';
import type { Attachment, ConsoleEnd, ConsoleViewer } from './viewer.ts';

export interface SharedConsoleDeps {
  clock: Clock;
  log: ConsoleLog | null;
  /** Opens the serial port. `take_over`: from whoever has it. */
  open(take_over: boolean, signal: AbortSignal): Promise<SerialStream>;
  /** For the operator. */
  onTrouble(message: string): void;
  /** The last viewer left. */
  onIdle(): void;
  /** It ended by itself: nobody keeps it, and its serial port is closed. */
  onOver(): void;
}

export const MAX_VIEWERS = 16;
const SCROLLBACK = 32 * 1024;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** One server's serial port, for several viewers at once. While it is kept, it is opened again when the way to it is lost. */
export class SharedConsole {
  /** True: it stays open without viewers, and is opened again when it is lost. */
  kept = false;
  readonly #deps: SharedConsoleDeps;
  readonly #viewers = new Set<ConsoleViewer>();
  readonly #scrollback = new Scrollback(SCROLLBACK);
  readonly #closed = new AbortController();
  readonly #running: Promise<void>;
  #stream: SerialStream | null;
  /** True: somebody took the port over, who is not driven out again. */
  #taken = false;
  #hurry: AbortController | null = null;

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

  get viewers(): number {
    return this.#viewers.size;
  }

  /** @throws DriverError `busy`: there are as many viewers as may be; `unreachable`: it ended */
  attach(viewer: ConsoleViewer): Attachment {
    if (this.#closed.signal.aborted)
      throw new DriverError('unreachable', 'The console ended. Open it again.');
    if (this.#viewers.size >= MAX_VIEWERS)
      throw new DriverError('busy', `${MAX_VIEWERS} look at the console, which is the most.`);
    this.#viewers.add(viewer);
    const printed = this.#scrollback.read();
    if (printed.length > 0) this.#show(viewer, printed);
    return {
      write: async (bytes, options) => await this.#port().write(bytes, options),
      sendBreak: async (options) => await this.#port().sendBreak(options),
      detach: () => this.#leave(viewer),
    };
  }

  /** Takes the serial port from whoever took it. */
  retake(): void {
    this.#taken = false;
    this.#hurry?.abort();
  }

  /** Closes it for good; resolves when the BMC was told. */
  async end(reason: ConsoleEnd, why: string): Promise<void> {
    this.#over(reason, why);
    await this.#stream?.[Symbol.asyncDispose]();
    await this.#running;
  }

  #over(reason: ConsoleEnd, why: string): void {
    this.#closed.abort();
    for (const viewer of this.#viewers) viewer.ended(reason, why);
    this.#viewers.clear();
  }

  #port(): SerialStream {
    if (this.#stream !== null) return this.#stream;
    throw new DriverError('unreachable', 'The way to the console is lost; it is being opened again.');
  }

  async #run(first: SerialStream): Promise<void> {
    const { signal } = this.#closed;
    let stream: SerialStream | null = first;
    let pause_ms = FIRST_PAUSE_MS;
    let [reason, why]: [ConsoleEnd, string] = ['ended', 'The BMC closed the serial port.'];
    while (!signal.aborted) {
      if (stream !== null) {
        const lost = await this.#read(stream);
        this.#stream = null;
        // Whoever ends it closes it.
        if (!signal.aborted) await stream[Symbol.asyncDispose]();
        stream = null;
        pause_ms = FIRST_PAUSE_MS;
        // The BMC closed it, as when somebody else takes it.
        this.#taken = lost === null;
        if (lost !== null) [reason, why] = ['unavailable', lost];
      }
      if (signal.aborted || !this.kept) break;
      this.#hurry = new AbortController();
      await this.#deps.clock
        .sleep(pause_ms, AbortSignal.any([signal, this.#hurry.signal]))
        .catch(() => undefined);
      this.#hurry = null;
      pause_ms = Math.min(pause_ms * 2, LONGEST_PAUSE_MS);
      if (signal.aborted || !this.kept) break;
      try {
        stream = await this.#deps.open(!this.#taken, signal);
        this.#stream = stream;
        if (signal.aborted) await stream[Symbol.asyncDispose]();
      } catch (error) {
        if (!signal.aborted) this.#deps.onTrouble(wordsOf(error));
      }
    }
    await this.#deps.log?.close();
    if (signal.aborted) return;
    this.#over(reason, why);
    this.#deps.onOver();
  }

  /** Shows what is printed until the stream ends. Resolves with how the way was lost; null: the BMC closed it. */
  async #read(stream: SerialStream): Promise<string | null> {
    try {
      for await (const bytes of stream.output) {
        this.#scrollback.add(bytes);
        this.#deps.log?.add(bytes);
        for (const viewer of this.#viewers) this.#show(viewer, bytes);
      }
      return null;
    } catch (error) {
      this.#deps.onTrouble(wordsOf(error));
      return wordsOf(error);
    }
  }

  #show(viewer: ConsoleViewer, bytes: Uint8Array): void {
    if (viewer.data(bytes) || !this.#viewers.has(viewer)) return;
    this.#leave(viewer);
    viewer.ended('too_slow', 'More was printed than was read.');
  }

  #leave(viewer: ConsoleViewer): void {
    if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#deps.onIdle();
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
