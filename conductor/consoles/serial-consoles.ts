import {
  type CallOptions,
  DriverError,
  type SerialConsole,
  type SerialStream,
} from '../../drivers/contract.ts';
import { openBmc } from '../bmc.ts';
import { type ConductorDeps, StepFailure } from '../step.ts';
import { ConsoleLog } from './console-log.ts';
import { SharedConsole } from './shared-console.ts';
import { TcpViewers } from './tcp-viewers.ts';
import type { Attachment, ConsoleViewer } from './viewer.ts';

interface Running {
  shared: SharedConsole;
  /** For Ironic's clients, while it is kept; since when, on the monotonic clock. */
  tcp: { viewers: TcpViewers; url: string; since_ms: number } | null;
}

/**
 * The serial ports that this conductor has open: one way to each, whoever looks. One is open while somebody looks at it, or while it
 * is kept, as it is for a node whose console is enabled.
 */
export class SerialConsoles implements AsyncDisposable {
  readonly #deps: ConductorDeps;
  readonly #running = new Map<string, Running>();
  /** The change of each node's console that is under way, and those after it. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #ended = new AbortController();

  constructor(deps: ConductorDeps) {
    this.#deps = deps;
  }

  /** The nodes whose serial port is open here, and for how long it has been kept; null: it is not. */
  open(): { node_uuid: string; kept_ms: number | null }[] {
    const now_ms = this.#deps.clock.monotonic();
    return [...this.#running].map(([node_uuid, { tcp }]) => ({
      node_uuid,
      kept_ms: tcp === null ? null : now_ms - tcp.since_ms,
    }));
  }

  /** Where a kept console listens; null: it is not kept here. */
  urlOf(node_uuid: string): string | null {
    return this.#running.get(node_uuid)?.tcp?.url ?? null;
  }

  /** See ConsoleWay. @throws DriverError */
  attach(node_uuid: string, viewer: ConsoleViewer, take_over: boolean): Promise<Attachment> {
    return this.#inTurn(node_uuid, async () => {
      const { shared } = await this.#opened(node_uuid, take_over);
      if (take_over && !shared.connected) shared.retake();
      return shared.attach(viewer);
    });
  }

  /**
   * Keeps a node's serial port open, and listens for viewers by TCP. Resolves with where. Somebody else who has the port loses it.
   * @throws DriverError
   */
  keep(node_uuid: string): Promise<string> {
    return this.#inTurn(node_uuid, async () => {
      const running = await this.#opened(node_uuid, true);
      running.shared.kept = true;
      try {
        running.tcp ??= await this.#listen(node_uuid, running.shared);
        return running.tcp.url;
      } catch (error) {
        running.shared.kept = false;
        await this.#closeIfIdle(node_uuid, running);
        throw error;
      }
    });
  }

  /** Keeps it no more: it is closed when nobody looks. */
  release(node_uuid: string): Promise<void> {
    return this.#inTurn(node_uuid, async () => {
      const running = this.#running.get(node_uuid);
      if (running === undefined) return;
      running.shared.kept = false;
      await running.tcp?.viewers[Symbol.asyncDispose]();
      running.tcp = null;
      await this.#closeIfIdle(node_uuid, running);
    });
  }

  /** Closes it whoever looks; they are told why. */
  end(node_uuid: string, why: string): Promise<void> {
    return this.#inTurn(node_uuid, async () => await this.#close(node_uuid, why));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(new Error('The conductor ends.'));
    await Promise.all([...this.#turns.keys(), ...this.#running.keys()].map((uuid) => this.end(uuid, ENDS)));
  }

  async #opened(node_uuid: string, take_over: boolean): Promise<Running> {
    const there = this.#running.get(node_uuid);
    if (there !== undefined) return there;
    this.#ended.signal.throwIfAborted();
    const { clock, log, settings } = this.#deps;
    const tell = (message: string): void =>
      log.warn({ node: node_uuid, why: message }, 'trouble with a console');
    const open = (again: boolean, signal: AbortSignal): Promise<SerialStream> =>
      this.#use(node_uuid, signal, (port, options) => port.open({ ...options, take_over: again }));
    const stream = await open(take_over, this.#ended.signal);
    const { log_directory } = settings.console;
    const kept =
      log_directory === '' ? null : new ConsoleLog(log_directory, node_uuid, (error) => tell(String(error)));
    const running: Running = {
      tcp: null,
      shared: new SharedConsole(
        {
          ...{ clock, log: kept, open, onTrouble: tell },
          onIdle: () => void this.#inTurn(node_uuid, () => this.#closeIfIdle(node_uuid, running)),
          onOver: () => {
            if (this.#running.get(node_uuid) === running) this.#running.delete(node_uuid);
          },
        },
        stream,
      ),
    };
    this.#running.set(node_uuid, running);
    return running;
  }

  async #closeIfIdle(node_uuid: string, running: Running): Promise<void> {
    const { shared } = running;
    if (this.#running.get(node_uuid) !== running || shared.kept || shared.viewers > 0) return;
    await this.#close(node_uuid, 'Nobody looked at the console.');
  }

  async #close(node_uuid: string, why: string): Promise<void> {
    const running = this.#running.get(node_uuid);
    this.#running.delete(node_uuid);
    await running?.tcp?.viewers[Symbol.asyncDispose]();
    await running?.shared.end('stopped', why);
  }

  async #listen(node_uuid: string, shared: SharedConsole): Promise<NonNullable<Running['tcp']>> {
    const { socat_address } = this.#deps.settings.console;
    const port = await this.#use(
      node_uuid,
      this.#ended.signal,
      async ({ terminal_port }) => terminal_port ?? 0,
    );
    try {
      const viewers = await TcpViewers.listen(shared, socat_address, port);
      const host = socat_address.includes(':') ? `[${socat_address}]` : socat_address;
      return { viewers, url: `tcp://${host}:${viewers.port}`, since_ms: this.#deps.clock.monotonic() };
    } catch (error) {
      throw new DriverError(
        'rejected',
        `The console cannot listen on ${socat_address}, port ${port || 'any'} (${String(error)}). Choose another ipmi_terminal_port, or check [console]socat_address. Check which program has the port.`,
        { cause: error },
      );
    }
  }

  /** Does something with the serial port by what the node's driver_info says now. @throws DriverError */
  async #use<T>(
    node_uuid: string,
    signal: AbortSignal,
    act: (port: SerialConsole, options: CallOptions) => Promise<T>,
  ): Promise<T> {
    const node = await this.#deps.store.nodes.get(node_uuid);
    if (node === null) throw new DriverError('rejected', 'The node was deleted.');
    const lease = { check: () => signal.throwIfAborted(), signal };
    try {
      // By no gate: whoever starts a console holds it already, and one that is lost is tried again ever later.
      await using bmc = await openBmc({
        ...this.#deps,
        ...{ node, lease, observer: this.#deps.observer, gates: undefined },
      });
      return await bmc.use('open the console', async ({ serialConsole }, options) => {
        if (serialConsole === undefined)
          throw new DriverError('unsupported', `The driver ${node.driver} leads to no serial port.`);
        return await act(serialConsole, options);
      });
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      if (error.cause instanceof DriverError) throw error.cause;
      throw new DriverError('rejected', error.message, { cause: error });
    }
  }

  /** One change after the other for each node. */
  #inTurn<T>(node_uuid: string, change: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(node_uuid) ?? Promise.resolve();
    const turn = before.then(change, change);
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#turns.set(node_uuid, settled);
    void settled.then(() => {
      if (this.#turns.get(node_uuid) === settled) this.#turns.delete(node_uuid);
    });
    return turn;
  }
}

const ENDS = 'The conductor that had the console ends. Open it again.';
