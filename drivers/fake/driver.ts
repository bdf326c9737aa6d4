import type { Clock } from '../../lifecycle/clock.ts';
import type { PowerTarget } from '../../lifecycle/power.ts';
import { POWER_TARGETS } from '../../lifecycle/power.ts';
import type { InterfaceKind } from '../../lifecycle/records.ts';
import {
  BOOT_DEVICES,
  type CallOptions,
  type Connection,
  type Driver,
  type DriverContext,
  DriverError,
} from '../contract.ts';
import { fakeBmc } from './bmc.ts';
import { fakeHardware } from './hardware.ts';
import { FAKE_PROPERTIES, type FakeArea, type FakeInfo, parseFakeInfo } from './info.ts';
import { fakeManagement } from './management.ts';
import { type Enter, type FakeAccount, type FakeServer, type FakeServers, serverOf } from './server.ts';
import { bootNow, settle } from './tasks.ts';

/** Ironic's lists for fake-hardware: `fake` first, then the generic interfaces that need no BMC of their own. */
const INTERFACES = {
  bios: ['fake', 'no-bios'],
  boot: ['fake', 'ipxe', 'pxe', 'http-ipxe', 'http'],
  console: ['fake', 'no-console'],
  deploy: ['fake', 'autodetect', 'direct', 'ramdisk', 'custom-agent'],
  firmware: ['fake', 'no-firmware'],
  inspect: ['fake', 'agent', 'no-inspect'],
  management: ['fake', 'noop'],
  network: ['flat', 'neutron', 'noop'],
  power: ['fake'],
  raid: ['fake', 'no-raid', 'agent'],
  rescue: ['fake', 'no-rescue', 'agent'],
  storage: ['fake', 'noop', 'cinder', 'external'],
  vendor: ['fake', 'no-vendor'],
} as const satisfies Record<InterfaceKind, readonly string[]>;

const KEPT_COMMANDS = 100;

/**
 * The hardware type `fake-hardware`: servers in memory, slow or failing as their driver_info says.
 *
 * @param servers where the servers live; a map of the caller's lets it read and break them.
 */
export function createFakeDriver(context: DriverContext, servers: FakeServers = new Map()): Driver<FakeInfo> {
  return {
    name: 'fake-hardware',
    properties: FAKE_PROPERTIES,
    interfaces: INTERFACES,
    login: { address: 'fake_address', username: 'fake_username', password: 'fake_password' },
    parse: parseFakeInfo,
    connect: async (info, options) => {
      const key = info.id ?? options.node_uuid ?? '';
      return connection(context.clock, info, () => serverOf(servers, key));
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

function connection(clock: Clock, info: FakeInfo, find: () => FakeServer): Connection {
  const enter: Enter = async (area, options) => {
    const server = find();
    settle(server, clock.monotonic());
    await pretend(clock, info, area, server, options);
    return server;
  };
  return {
    power: {
      supported: Object.keys(POWER_TARGETS) as PowerTarget[],
      get: async (options) => (await enter('power', options)).power,
      set: async (target, options) => {
        const server = await enter('power', options);
        const boots = POWER_TARGETS[target].result === 'power on';
        if (boots && (server.power === 'power off' || target.endsWith('rebooting'))) bootNow(server);
        server.power = POWER_TARGETS[target].result;
        server.power_commands.push(target);
        if (server.power_commands.length > KEPT_COMMANDS) server.power_commands.shift();
      },
    },
    boot: {
      supported: BOOT_DEVICES,
      get: async (options) => {
        const { boot } = await enter('management', options);
        return { boot_device: boot?.boot_device ?? null, persistent: boot?.persistent ?? null };
      },
      set: async (change, options) => {
        (await enter('management', options)).boot = { ...change };
      },
    },
    identify: {
      set: async (state, options) => {
        (await enter('management', options)).identify = state;
      },
    },
    nmi: {
      inject: async (options) => {
        (await enter('management', options)).nmi_count += 1;
      },
    },
    ...fakeManagement(enter),
    ...fakeHardware(enter, clock, info),
    ...fakeBmc(enter, clock, info),
    [Symbol.asyncDispose]: async () => {},
  };
}

/** Takes the time and fails as driver_info says, within the bounds of the call. */
async function pretend(
  clock: Clock,
  info: FakeInfo,
  area: FakeArea,
  server: FakeServer,
  options: CallOptions,
): Promise<void> {
  options.signal?.throwIfAborted();
  const [least, most] = info.delay_ms[area];
  const delay_ms = least + Math.random() * (most - least);
  const failure = info.failure[area];
  const lost = info.address !== null && info.address !== server.lan.address;
  const fails = failure !== null && server.failed[area] < failure.times;
  if (fails) server.failed[area] += 1;
  const code = server.answers && !lost ? failure?.code : 'unreachable';
  const silent = lost || !server.answers || (fails && (code === 'unreachable' || code === 'timeout'));
  if (silent || delay_ms > options.timeout_ms) {
    await clock.sleep(options.timeout_ms, options.signal);
    throw new DriverError(
      silent && code !== undefined ? code : 'timeout',
      `The fake server did not answer within ${options.timeout_ms} ms.`,
    );
  }
  if (delay_ms > 0) await clock.sleep(delay_ms, options.signal);
  if (fails)
    throw new DriverError(failure.code, `The fake server fails: fake_${area}_failure says ${failure.code}.`);
  if (info.login !== null && !server.accounts.some((account) => isLogin(account, info.login)))
    throw new DriverError('unauthorized', 'The fake server refuses the user name or the password.');
}

function isLogin({ name, password, enabled }: FakeAccount, login: FakeInfo['login']): boolean {
  return enabled && name === login?.username && password === login.password;
}
