import { createHmac, randomBytes } from 'node:crypto';
import { Bmc } from './bmc.ts';
import type { IpmiInfo } from './driver-info.ts';
import type { BmcContext } from './driver-options.ts';
import { Turnstile } from './turnstile.ts';

interface Entry {
  bmc: Bmc;
  /** Its BMC, whoever logs in. */
  place: string;
  /** Connections that hold it. */
  holders: number;
}

/** One command at a time for one BMC, of all who log in there. */
interface Gate {
  turnstile: Turnstile;
  logins: number;
}

/**
 * The BMCs of a driver, one per address and credentials: connections to the same one share its session, which is kept for
 * a while after the last of them. Those of other credentials have sessions of their own, and wait for each other's commands.
 */
export class BmcPool implements AsyncDisposable {
  readonly #context: BmcContext;
  readonly #entries = new Map<string, Entry>();
  readonly #gates = new Map<string, Gate>();
  readonly #closing = new Set<Promise<void>>();
  /** Keys hold no password, not even in memory. */
  readonly #salt = randomBytes(32);

  constructor(context: BmcContext) {
    this.#context = context;
  }

  /** Holds a BMC until `release` is called. `key` is of the controller that `info` leads to: the BMC, or one behind it. */
  acquire(info: IpmiInfo): { bmc: Bmc; key: string; release: () => Promise<void> } {
    const { address, port, username, password, privilege, cipher_suite, hex_kg_key, protocol, route } = info;
    const login = JSON.stringify([
      address,
      port,
      username,
      password,
      privilege,
      cipher_suite,
      hex_kg_key,
      protocol,
    ]);
    const key = createHmac('sha256', this.#salt).update(login).digest('base64');
    const entry = this.#entries.get(key) ?? this.#add(key, info);
    entry.bmc.wake();
    entry.holders += 1;
    let held = true;
    return {
      bmc: entry.bmc,
      key: `${key} ${JSON.stringify(route)}`,
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

  #add(key: string, info: IpmiInfo): Entry {
    const place = `${info.address} ${info.port}`;
    const gate = this.#gates.get(place) ?? {
      turnstile: new Turnstile(this.#context.transport.deadlines),
      logins: 0,
    };
    this.#gates.set(place, gate);
    gate.logins += 1;
    const bmc = new Bmc(info, this.#context, gate.turnstile, () => void this.#close(key, entry));
    const entry: Entry = { bmc, place, holders: 0 };
    this.#entries.set(key, entry);
    return entry;
  }

  #release(key: string, entry: Entry): Promise<void> | undefined {
    const { session_idle_timeout, max_sessions } = this.#context.options;
    if (session_idle_timeout === 0 || !entry.bmc.open || this.#entries.size > max_sessions)
      return this.#close(key, entry);
    entry.bmc.rest(session_idle_timeout * 1000);
    return undefined;
  }

  #close(key: string, entry: Entry): Promise<void> {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
    const closing = entry.bmc.close().finally(() => {
      this.#closing.delete(closing);
      this.#leave(entry.place);
    });
    this.#closing.add(closing);
    return closing;
  }

  #leave(place: string): void {
    const gate = this.#gates.get(place);
    if (gate === undefined) return;
    gate.logins -= 1;
    if (gate.logins === 0) this.#gates.delete(place);
  }
}
