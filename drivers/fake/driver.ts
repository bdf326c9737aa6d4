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
import { FAKE_PROPERTIES, type FakeArea, type FakeInfo, parseFakeInfo } from './info.ts';
import { fakeManagement } from './management.ts';
import { type Enter, type FakeServer, type FakeServers, serverOf } from './server.ts';

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
    await pretend(clock, info, area, server, options);
    return server;
  };
  return {
    power: {
      supported: Object.keys(POWER_TARGETS) as PowerTarget[],
      get: async (options) => (await enter('power', options)).power,
      set: async (target, options) => {
        const server = await enter('power', options);
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
  const fails = failure !== null && server.failed[area] < failure.times;
  if (fails) server.failed[area] += 1;
  const code = server.answers ? failure?.code : 'unreachable';
  const silent = !server.answers || (fails && (code === 'unreachable' || code === 'timeout'));
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
}
