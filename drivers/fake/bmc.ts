import type { Clock } from '../../lifecycle/clock.ts';
import { type Connection, DriverError } from '../contract.ts';
import type { FakeInfo } from './info.ts';
import type { Enter, FakeServer } from './server.ts';

/** Accounts, network, clock and resets of a fake BMC. */
export function fakeBmc(
  enter: Enter,
  clock: Clock,
  info: FakeInfo,
): Required<
  Pick<Connection, 'accounts' | 'lan' | 'clock' | 'ntp' | 'bmc' | 'raw' | 'jobQueue' | 'speedSelect'>
> {
  return {
    accounts: {
      maxPasswordBytes: async () => 20,
      list: async (options) =>
        (await enter('management', options)).accounts.map(({ id, name, role, enabled }) => ({
          ...{ id, name, role, enabled },
          self: name === info.login?.username,
        })),
      create: async ({ name, password, role }, options) => {
        const server = await enter('management', options);
        const known = server.accounts.find((account) => account.name === name);
        const account = { name, password, role, enabled: true };
        if (known !== undefined) {
          Object.assign(known, account);
          return known.id;
        }
        const id = String(1 + Math.max(0, ...server.accounts.map((each) => Number(each.id))));
        server.accounts.push({ id, ...account });
        return id;
      },
      change: async (id, change, options) => {
        const account = (await enter('management', options)).accounts.find((each) => each.id === id);
        if (account === undefined) throw new DriverError('rejected', `The fake server has no account ${id}.`);
        Object.assign(account, change);
      },
      delete: async (id, options) => {
        const server = await enter('management', options);
        if (server.accounts.some((each) => each.id === id && each.name === info.login?.username))
          throw new DriverError(
            'rejected',
            'The fake server does not delete the account of this connection.',
          );
        server.accounts = server.accounts.filter((each) => each.id !== id);
      },
    },
    lan: {
      get: async (options) => ({ ...(await enter('management', options)).lan }),
      set: async (change, options) => {
        Object.assign((await enter('management', options)).lan, change);
      },
    },
    clock: {
      get: async (options) => clock.now() + (await enter('management', options)).clock_ahead_ms,
      set: async (epoch_ms, options) => {
        (await enter('management', options)).clock_ahead_ms = epoch_ms - clock.now();
      },
    },
    ntp: {
      get: async (options) => {
        const { ntp_servers } = await enter('management', options);
        return { enabled: ntp_servers.length > 0, servers: [...ntp_servers] };
      },
      set: async (servers, options) => {
        (await enter('management', options)).ntp_servers = [...servers];
      },
    },
    jobQueue: {
      clear: async (options) => {
        (await enter('management', options)).job_queue = [];
      },
    },
    speedSelect: {
      configure: async (profile, sockets, options) => {
        (await enter('management', options)).speed_select = Array.from({ length: sockets }, () => profile);
      },
    },
    bmc: {
      reset: async (kind, options) => {
        const server = await enter('management', options);
        server.bmc_resets.push(kind);
        if (flashes(server)) server.answers = false;
      },
    },
    raw: {
      send: async (bytes, options) => {
        (await enter('management', options)).raw_commands.push(bytes);
        return new Uint8Array();
      },
    },
  };
}

/** A BMC that is reset while it writes firmware does not come back. */
function flashes(server: FakeServer): boolean {
  return [...server.tasks.values()].some(({ what, state }) => what === 'firmware' && state === 'running');
}
