import type { SerialConsole, SerialStream } from '../../drivers/contract.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { openBmc } from '../bmc.ts';
import { type ConductorDeps, StepFailure } from '../step.ts';
import { ConsoleLog } from './console-log.ts';
import { type Attachment, type ConsoleViewer, SharedConsole } from './shared-console.ts';
import { TcpViewers } from './tcp-viewers.ts';

/** Where a node's console is, as driver_internal_info has it. */
export interface ConsolePlace {
  /** The conductor that has it. */
  conductor: string;
  url: string;
}

interface Running {
  shared: SharedConsole;
  viewers: TcpViewers;
  url: string;
  /** On the monotonic clock. */
  started_ms: number;
}

/** Between two looks whether the consoles that run here still should. */
const SWEEP_MS = 5000;

/**
 * The serial consoles that this conductor keeps open: one way to each server's port, for several viewers, made anew when it is
 * lost. Which conductor has a console, stands on the node: jobs may run on any of them.
 */
export class SerialConsoles implements AsyncDisposable {
  readonly #deps: ConductorDeps;
  readonly #running = new Map<string, Running>();
  readonly #ended = new AbortController();
  readonly #sweeping: Promise<void>;

  constructor(deps: ConductorDeps) {
    this.#deps = deps;
    this.#sweeping = this.#sweep();
  }

  /** Somebody looks at the console of a node; null: it does not run here, or has as many viewers as may be. */
  attach(node_uuid: string, viewer: ConsoleViewer): Attachment | null {
    return this.#running.get(node_uuid)?.shared.attach(viewer) ?? null;
  }

  /**
   * Opens the node's console and listens for viewers. One that runs here already stays.
   * @throws StepFailure, or DriverError
   */
  async start(
    node: NodeRecord,
    port: SerialConsole,
    open: () => Promise<SerialStream>,
  ): Promise<ConsolePlace> {
    const { clock, hostname, log, settings } = this.#deps;
    const there = this.#running.get(node.uuid);
    if (there !== undefined) return { conductor: hostname, url: there.url };
    const { log_directory, socat_address } = settings.console;
    const tell = (message: string): void =>
      log.warn({ node: node.uuid, why: message }, 'trouble with a console');
    const shared = new SharedConsole(
      {
        clock,
        log:
          log_directory === ''
            ? null
            : new ConsoleLog(log_directory, node.uuid, (error) => tell(String(error))),
        open: (take_over, signal) => this.#open(node.uuid, take_over, signal),
        onTrouble: tell,
      },
      await open(),
    );
    try {
      const viewers = await TcpViewers.listen(shared, socat_address, port.terminal_port ?? 0);
      const host = socat_address.includes(':') ? `[${socat_address}]` : socat_address;
      const url = `tcp://${host}:${viewers.port}`;
      this.#running.set(node.uuid, { shared, viewers, url, started_ms: clock.monotonic() });
      return { conductor: hostname, url };
    } catch (error) {
      await shared[Symbol.asyncDispose]();
      throw new StepFailure(
        `The console cannot listen on ${socat_address}, port ${port.terminal_port ?? 'any'} (${String(error)}). Choose another ipmi_terminal_port, or check [console]socat_address.`,
        { cause: error },
      );
    }
  }

  async stop(node_uuid: string): Promise<void> {
    const running = this.#running.get(node_uuid);
    this.#running.delete(node_uuid);
    await running?.viewers[Symbol.asyncDispose]();
    await running?.shared[Symbol.asyncDispose]();
  }

  /** Where the node's console is; null: nowhere, or with a conductor that is gone. */
  async place(node: NodeRecord): Promise<ConsolePlace | null> {
    const { hostname, settings, store } = this.#deps;
    const there = this.#running.get(node.uuid);
    if (there !== undefined) return { conductor: hostname, url: there.url };
    const place = placeOf(node);
    if (place === null || place.conductor === hostname) return null;
    const alive = await store.conductors.listAlive(settings.conductor.heartbeat_timeout * 1000);
    return alive.some((one) => one.hostname === place.conductor) ? place : null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#sweeping;
    await Promise.all([...this.#running.keys()].map((uuid) => this.stop(uuid)));
  }

  /** Stops consoles that were disabled or taken by another conductor, whoever did the job. */
  async #sweep(): Promise<void> {
    const { clock, hostname, log, store } = this.#deps;
    for (;;) {
      try {
        await clock.sleep(SWEEP_MS, this.#ended.signal);
      } catch {
        return;
      }
      // What has just begun may not be written on the node yet.
      const due = [...this.#running].filter(
        ([, { started_ms }]) => clock.monotonic() - started_ms > 2 * SWEEP_MS,
      );
      if (due.length === 0) continue;
      try {
        const uuids = due.map(([uuid]) => uuid);
        const nodes = await store.nodes.list({ where: { uuid: uuids }, include_children: true });
        const ours = nodes.filter((node) => node.console_enabled && placeOf(node)?.conductor === hostname);
        const keep = new Set(ours.map(({ uuid }) => uuid));
        for (const uuid of uuids) if (!keep.has(uuid)) await this.stop(uuid);
      } catch (error) {
        log.warn({ err: error }, 'the consoles that run here could not be looked through');
      }
    }
  }

  /** The way to the serial port by what the node's driver_info says now. */
  async #open(node_uuid: string, take_over: boolean, signal: AbortSignal): Promise<SerialStream> {
    const node = await this.#deps.store.nodes.get(node_uuid);
    if (node === null) throw new StepFailure('The node was deleted.');
    const { gates, observer } = this.#deps;
    const lease = { check: () => signal.throwIfAborted(), signal };
    await using bmc = await openBmc({ ...this.#deps, node, lease, observer, gates });
    return bmc.use('open the console', async ({ serialConsole }, options) => {
      if (serialConsole === undefined) throw new StepFailure('The hardware has no serial console any more.');
      return serialConsole.open({ ...options, take_over });
    });
  }
}

function placeOf({ driver_internal_info }: NodeRecord): ConsolePlace | null {
  const { serial_console: place } = driver_internal_info;
  if (typeof place !== 'object' || place === null || Array.isArray(place)) return null;
  const { conductor, url } = place;
  return typeof conductor === 'string' && typeof url === 'string' ? { conductor, url } : null;
}
