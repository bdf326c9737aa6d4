import { type Connection, DriverError } from '../../drivers/contract.ts';
import type { JsonObject } from '../../lifecycle/json.ts';

/** What may become of one call: all but `ok` are faults. */
export const FATES = ['ok', 'lost', 'unheard', 'late', 'wrong', 'die before', 'die after'] as const;
export type Fate = (typeof FATES)[number];

/** The conductor dies: nothing of the visit is written. */
export class Death extends Error {}

interface Account {
  name: string;
  password: string;
  admin: boolean;
}

/** A BMC whose every call may go wrong as `fateOf` says; `seen` is called after every change. */
export class ModelBmc {
  address = '10.0.0.2';
  accounts: Account[] = [{ name: 'admin', password: 'first', admin: true }];
  firmware = '1';
  /** Looks at the task until the flash is done; null: nothing is flashed. */
  flash: { version: string; left: number } | null = null;
  /** It was reset while it was flashed. */
  dead = false;
  readonly #fateOf: (mutates: boolean) => Fate;
  readonly #seen: () => void;
  #late: (() => void) | null = null;

  constructor(fateOf: (mutates: boolean) => Fate, seen: () => void) {
    this.#fateOf = fateOf;
    this.#seen = seen;
  }

  /** Whether this way in leads to it, as an administrator. */
  opens({ address, username, password }: JsonObject): boolean {
    const account = this.accounts.find(({ name }) => name === username);
    return !this.dead && address === this.address && account?.admin === true && account.password === password;
  }

  connect(info: JsonObject): Connection {
    const call = async <T>(read: () => T, effect?: { right: () => void; wrong?: () => void }): Promise<T> => {
      const fate = this.#fateOf(effect !== undefined);
      if (fate === 'die before') throw new Death();
      const late = this.#late;
      this.#late = null;
      if (this.dead || info.address !== this.address) throw new DriverError('timeout', 'No answer.');
      const known = this.accounts.some(
        ({ name, password }) => name === info.username && password === info.password,
      );
      if (!known) throw new DriverError('unauthorized', 'Refused.');
      if (fate === 'unheard') throw new DriverError('timeout', 'No answer.');
      if (fate === 'late') this.#late = effect?.right ?? null;
      else if (fate === 'wrong') (effect?.wrong ?? (() => {}))();
      else effect?.right();
      late?.();
      this.#seen();
      if (fate === 'die after') throw new Death();
      if (fate === 'lost' || fate === 'late') throw new DriverError('timeout', 'No answer.');
      return read();
    };
    const put = (name: string, password: string, admin: boolean) => {
      this.accounts = [...this.accounts.filter((each) => each.name !== name), { name, password, admin }];
    };
    return {
      power: { supported: [], get: () => call(() => 'power on' as const), set: () => call(() => undefined) },
      accounts: {
        maxPasswordBytes: async () => 20,
        list: () =>
          call(() =>
            this.accounts.map(({ name, admin }) => ({
              ...{ id: name, name, enabled: true, self: name === info.username },
              role: admin ? ('administrator' as const) : ('operator' as const),
            })),
          ),
        create: ({ name, password }) =>
          call(() => name, {
            right: () => put(name, password, true),
            wrong: () => put(name, password.slice(0, 3), true),
          }),
        change: () => call(() => undefined),
        delete: (id) =>
          call(() => undefined, {
            right: () => {
              this.accounts = this.accounts.filter(({ name }) => name !== id);
            },
          }),
      },
      lan: {
        get: () =>
          call(() => ({
            ...{ source: 'static' as const, address: this.address, netmask: '255.255.255.0' },
            ...{ gateway: null, vlan_id: null, mac: 'm' },
          })),
        set: ({ address }) =>
          call(() => undefined, {
            right: () => {
              this.address = address ?? this.address;
            },
          }),
      },
      firmware: {
        read: () =>
          call(() => [
            {
              component: 'bmc',
              current_version: this.firmware,
              vendor: null,
              model: null,
              serial_number: null,
            },
          ]),
      },
      firmwareUpdater: {
        update: () =>
          call(() => 'flash', {
            right: () => {
              if (this.flash !== null) throw new Error('flashed while it flashes');
              this.flash = { version: '2', left: 2 };
            },
          }),
      },
      tasks: {
        read: () =>
          call(() => {
            if (this.flash === null) return { state: 'done' as const, message: null, percent: null };
            this.flash.left -= 1;
            if (this.flash.left > 0) return { state: 'running' as const, message: null, percent: null };
            this.firmware = this.flash.version;
            this.flash = null;
            return { state: 'done' as const, message: null, percent: null };
          }),
      },
      bmc: {
        reset: () =>
          call(() => undefined, {
            right: () => {
              this.dead = this.flash !== null;
            },
          }),
      },
      [Symbol.asyncDispose]: async () => {},
    };
  }
}
