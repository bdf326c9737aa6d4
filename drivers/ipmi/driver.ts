import type { Driver, DriverContext } from '../contract.ts';
import { BmcPool } from './bmc-pool.ts';
import type { ForcedBoot } from './boot-device.ts';
import {
  type ConnectionParts,
  IntelConnection,
  IpmiConnection,
  OwnConnection,
  RmcpPlusConnection,
} from './connection.ts';
import { controllerOf } from './controller.ts';
import { CIPHER_SUITES } from './crypto/cipher-suites.ts';
import { Deadlines } from './deadlines.ts';
import { IPMI_PROPERTIES, type IpmiInfo, parseDriverInfo } from './driver-info.ts';
import type { IpmiOptions } from './driver-options.ts';
import { RoundTrips } from './round-trips.ts';
import { type DropReason, UdpChannel } from './udp.ts';

/** The hardware type `ipmi`. */
export interface IpmiDriver extends Driver<IpmiInfo> {
  /** Datagrams dropped since the start, by reason. */
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
}

/** A hardware type that speaks IPMI. */
export interface IpmiType {
  name: string;
  interfaces: Driver['interfaces'];
  /** Of a node that is a BMC with RMCP+. */
  connection: new (
    parts: ConnectionParts,
  ) => IpmiConnection;
}

const INTERFACES = {
  bios: ['no-bios'],
  boot: ['ipxe', 'pxe', 'http-ipxe', 'http'],
  console: ['ipmitool-socat', 'no-console'],
  deploy: ['direct', 'ramdisk'],
  firmware: ['no-firmware'],
  inspect: ['agent', 'no-inspect'],
  management: ['ipmitool'],
  network: ['flat', 'neutron', 'noop'],
  power: ['ipmitool'],
  raid: ['no-raid', 'agent'],
  rescue: ['no-rescue', 'agent'],
  storage: ['noop'],
  vendor: ['ipmitool', 'no-vendor'],
} as const;

export const IPMI: IpmiType = { name: 'ipmi', interfaces: INTERFACES, connection: RmcpPlusConnection };

/** The hardware type `intel-ipmi`. */
export const INTEL_IPMI: IpmiType = {
  name: 'intel-ipmi',
  interfaces: { ...INTERFACES, management: ['intel-ipmitool'] },
  connection: IntelConnection,
};

/**
 * Native IPMI v2.0 over RMCP+. One UDP socket for all BMCs, opened by the first command; sessions are kept between
 * connections for `session_idle_timeout`. Disposing it ends all sessions.
 * @throws Error when the options name a cipher suite that is refused
 */
export function createIpmiDriver(context: DriverContext, options: IpmiOptions, type = IPMI): IpmiDriver {
  const { clock, log } = context;
  refuseWeakSuites(options.cipher_suite_versions);
  const udp = new UdpChannel();
  const deadlines = new Deadlines(clock);
  const transport = {
    udp,
    deadlines,
    now: () => clock.monotonic(),
    round_trips: new RoundTrips(options.command_timeout),
    command_timeout_ms: options.command_timeout,
  };
  const bmcs = { transport, clock, options };
  const pool = new BmcPool(bmcs);
  const consoles = new Set<AsyncDisposable>();
  const forced_boots = new Map<string, ForcedBoot>();

  return {
    name: type.name,
    properties: IPMI_PROPERTIES,
    interfaces: type.interfaces,
    login: { address: 'ipmi_address', username: 'ipmi_username', password: 'ipmi_password' },
    login_role: { property: 'ipmi_priv_level', words: { operator: 'OPERATOR', 'read-only': 'USER' } },
    parse: parseDriverInfo,
    get drops() {
      return udp.drops;
    },
    // Lazy: the first call on the connection opens the session.
    connect: async (info, call) => {
      call.signal?.throwIfAborted();
      const { bmc, key, release } = pool.acquire(info);
      const parts = {
        ...{ info, controller: controllerOf(bmc, info), context: bmcs, consoles, release },
        forced_boots: {
          get: () => forced_boots.get(key),
          set: (forced: ForcedBoot | null) => {
            if (forced === null) forced_boots.delete(key);
            else forced_boots.set(key, forced);
          },
        },
      };
      if (info.route !== null) return new IpmiConnection(parts);
      return info.protocol === 2 ? new type.connection(parts) : new OwnConnection(parts);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Array.from(consoles, (console) => console[Symbol.asyncDispose]()));
      await pool[Symbol.asyncDispose]();
      deadlines.clear();
      udp[Symbol.dispose]();
      const dropped = udp.drops;
      if (Object.keys(dropped).length > 0) log.debug({ dropped }, 'IPMI datagrams dropped');
    },
  };
}

function refuseWeakSuites(versions: readonly string[]): void {
  for (const version of versions)
    if (CIPHER_SUITES[Number(version)] === undefined)
      throw new Error(
        `[ipmi]cipher_suite_versions: ${version} is refused. Use 17 and 3: the others lack authentication, integrity or encryption.`,
      );
}
