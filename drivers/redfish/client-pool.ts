import { createHmac, randomBytes } from 'node:crypto';
import type { DriverContext } from '../contract.ts';
import { RedfishClient } from './client.ts';
import type { RedfishInfo } from './driver-info.ts';
import type { RedfishOptions } from './driver-options.ts';

interface Entry {
  client: RedfishClient;
  /** Connections that hold it. */
  holders: number;
  /** Ends the wait of an unused one. */
  rest: AbortController | null;
}

/**
 * The clients of a driver, one per BMC and credentials: connections to the systems of one BMC share its session, which is
 * kept for a while after the last of them.
 */
export class ClientPool implements AsyncDisposable {
  readonly #context: DriverContext;
  readonly #options: RedfishOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();
  /** Keys hold no password, not even in memory. */
  readonly #salt = randomBytes(32);

  constructor(context: DriverContext, options: RedfishOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Holds a client until `release` is called. */
  acquire(info: RedfishInfo, ca: string | null): { client: RedfishClient; release: () => Promise<void> } {
    const facts = JSON.stringify([{ ...info, system_id: null }, ca]);
    const key = createHmac('sha256', this.#salt).update(facts).digest('base64');
    const entry = this.#entries.get(key) ?? {
      client: new RedfishClient(info, ca, this.#context, this.#options),
      holders: 0,
      rest: null,
    };
    this.#entries.set(key, entry);
    entry.rest?.abort();
    entry.rest = null;
    entry.holders += 1;
    let held = true;
    return {
      client: entry.client,
      release: async () => {
        if (!held) return;
        held = false;
        entry.holders -= 1;
        if (entry.holders === 0) await this.#release(key, entry);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [key, entry] of this.#entries) void this.#close(key, entry);
    await Promise.all(this.#closing);
  }

  #release(key: string, entry: Entry): Promise<void> | undefined {
    const { session_idle_timeout } = this.#options;
    if (session_idle_timeout === 0 || !entry.client.open) return this.#close(key, entry);
    const rest = new AbortController();
    entry.rest = rest;
    this.#context.clock.sleep(session_idle_timeout * 1000, rest.signal).then(
      () => void this.#close(key, entry),
      () => undefined, // it is used again, or closed
    );
    return undefined;
  }

  #close(key: string, entry: Entry): Promise<void> {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    entry.rest?.abort();
    const closing = entry.client.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
    return closing;
  }
}
