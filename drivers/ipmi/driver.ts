import { type BmcClock, type Connection, type Driver, type DriverContext, DriverError } from '../contract.ts';
import { ipmiAccounts } from './accounts.ts';
import { BmcPool } from './bmc-pool.ts';
import { type ForcedBoot, type IpmiBoot, ipmiBoot } from './boot-device.ts';
import { clearLog } from './clear-log.ts';
import { CHASSIS_ACTION, chassisControlOnce } from './commands/chassis-control.ts';
import { chassisIdentify } from './commands/chassis-identify.ts';
import { coldReset } from './commands/cold-reset.ts';
import { getChassisStatus } from './commands/get-chassis-status.ts';
import { getDeviceId } from './commands/get-device-id.ts';
import { rawCommand } from './commands/raw.ts';
import { getSelTime, setSelTime } from './commands/sel-time.ts';
import { warmReset } from './commands/warm-reset.ts';
import { type Controller, controllerOf } from './controller.ts';
import { CIPHER_SUITES } from './crypto/cipher-suites.ts';
import { Deadlines } from './deadlines.ts';
import { IPMI_PROPERTIES, type IpmiInfo, parseDriverInfo } from './driver-info.ts';
import type { IpmiOptions } from './driver-options.ts';
import { ipmiIndicators } from './indicators.ts';
import { ipmiInventory } from './inventory.ts';
import { ipmiLan } from './lan.ts';
import { ipmiPower, remaining } from './power.ts';
import { RoundTrips } from './round-trips.ts';
import { readSel } from './sel.ts';
import { readSensors } from './sensors.ts';
import { ipmiSerialConsole } from './sol.ts';
import { type DropReason, UdpChannel } from './udp.ts';
import { watchdogCalls } from './watchdog.ts';

/** The hardware type `ipmi`. */
export interface IpmiDriver extends Driver<IpmiInfo> {
  /** Datagrams dropped since the start, by reason. */
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
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

const LONGEST_IDENTIFY_S = 255;

/**
 * Native IPMI v2.0 over RMCP+. One UDP socket for all BMCs, opened by the first command; sessions are kept between
 * connections for `session_idle_timeout`. Disposing it ends all sessions.
 * @throws Error when the options name a cipher suite that is refused
 */
export function createIpmiDriver(context: DriverContext, options: IpmiOptions): IpmiDriver {
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
    name: 'ipmi',
    properties: IPMI_PROPERTIES,
    interfaces: INTERFACES,
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
      const controller = controllerOf(bmc, info);
      const boot = ipmiBoot(controller, clock, info.disable_boot_timeout ?? options.disable_boot_timeout, {
        get: () => forced_boots.get(key),
        set: (forced) => {
          if (forced === null) forced_boots.delete(key);
          else forced_boots.set(key, forced);
        },
      });
      return {
        ...connectionTo(controller, boot, context),
        // Those of the BMC, and a node behind it is only one of its guests.
        ...(info.route === null && { lan: ipmiLan(controller, clock) }),
        // v1.5 has no Serial over LAN, and carries passwords in the clear.
        ...(info.route === null &&
          info.protocol === 2 && {
            accounts: ipmiAccounts(controller, clock),
            serialConsole: ipmiSerialConsole(info, bmcs, consoles),
          }),
        [Symbol.asyncDispose]: release,
      };
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

function connectionTo(
  bmc: Controller,
  boot: IpmiBoot,
  { clock }: DriverContext,
): Omit<Connection, typeof Symbol.asyncDispose> {
  return {
    power: ipmiPower(bmc, clock, boot.force),
    boot,
    identify: {
      set: async (state, options) => {
        const forever = state === 'on';
        const seconds = typeof state === 'object' ? state.seconds : 0;
        if (seconds > LONGEST_IDENTIFY_S || seconds < 0 || !Number.isInteger(seconds))
          throw new DriverError(
            'unsupported',
            `${bmc.name}: IPMI lights the identify lamp for 0 to ${LONGEST_IDENTIFY_S} whole seconds, or for ever.`,
          );
        await bmc.execute(chassisIdentify, { seconds, forever }, options);
      },
    },
    nmi: {
      inject: async (options) => {
        const left = remaining(clock, options);
        // The answer proves that the session is alive.
        await bmc.execute(getChassisStatus, {}, options);
        await bmc.execute(chassisControlOnce, { action: CHASSIS_ACTION.diagnosticInterrupt }, left());
      },
    },
    indicators: ipmiIndicators(bmc),
    inventory: ipmiInventory(bmc, clock),
    sensors: { read: (options) => readSensors(bmc, remaining(clock, options)) },
    eventLog: {
      read: (options) => readSel(bmc, remaining(clock, options)),
      clear: (options) => clearLog(bmc, clock, options),
    },
    clock: ipmiClock(bmc),
    passthru: watchdogCalls(bmc, (options) => remaining(clock, options)),
    raw: {
      send: async (bytes, options) => {
        const [netfn, cmd, ...data] = bytes;
        if (netfn === undefined || cmd === undefined || netfn > 0x3e || (netfn & 1) !== 0)
          throw new DriverError(
            'rejected',
            `${bmc.name}: a raw command begins with an even network function (0x00 to 0x3e) and a command.`,
          );
        return bmc.execute(rawCommand(netfn, cmd), Uint8Array.from(data), options);
      },
    },
    bmc: {
      reset: async (kind, options) => {
        const left = remaining(clock, options);
        await bmc.execute(getDeviceId, {}, options);
        try {
          await bmc.execute(kind === 'cold' ? coldReset : warmReset, {}, left());
        } catch (error) {
          // It answered a moment ago: a BMC that is silent now has begun to reset.
          if (!(error instanceof DriverError) || (error.code !== 'unreachable' && error.code !== 'timeout'))
            throw error;
        }
      },
    },
  };
}

/** The clock that the event log takes its times of: whole seconds. */
function ipmiClock(bmc: Controller): BmcClock {
  return {
    get: async (options) => (await bmc.execute(getSelTime, {}, options)).time_s * 1000,
    set: async (epoch_ms, options) => {
      await bmc.execute(setSelTime, { time_s: Math.round(epoch_ms / 1000) }, options);
    },
  };
}
