import { readFile } from 'node:fs/promises';
import { type Connection, type Driver, type DriverContext, DriverError } from '../contract.ts';
import { redfishAccounts } from './accounts.ts';
import { redfishBios, redfishBiosWriter } from './bios.ts';
import { redfishBoot, redfishBootMode, redfishSecureBoot, redfishSecureBootKeys } from './boot-device.ts';
import { redfishCertificates } from './certificates.ts';
import { ClientPool } from './client-pool.ts';
import { parseDriverInfo, REDFISH_PROPERTIES, type RedfishInfo } from './driver-info.ts';
import type { RedfishOptions } from './driver-options.ts';
import { redfishEventLog } from './event-log.ts';
import { redfishFirmware, redfishFirmwareUpdater } from './firmware.ts';
import { redfishGraphicalConsole } from './graphical-console.ts';
import { redfishHardware } from './hardware-inventory.ts';
import { dellJobQueue } from './idrac.ts';
import { redfishIndicators } from './indicators.ts';
import { redfishBmcControl, redfishHealth, redfishInventory } from './inventory.ts';
import { redfishClock, redfishLan, redfishNtp } from './manager.ts';
import { redfishPassthru } from './passthru.ts';
import { isNamedBy } from './peer.ts';
import { redfishNmi, redfishPower } from './power.ts';
import { redfishDrives, redfishRaid } from './raid.ts';
import { redfishSensors } from './sensors.ts';
import { type System, systemOf } from './system.ts';
import { redfishVirtualMedia } from './virtual-media.ts';

/** A hardware type that speaks Redfish. */
export interface RedfishType {
  name: string;
  interfaces: Driver['interfaces'];
  /** What its BMCs have beyond the standard. */
  more?(system: System): Partial<Connection>;
}

const INTERFACES = {
  bios: ['redfish', 'no-bios'],
  boot: ['ipxe', 'pxe', 'http-ipxe', 'http', 'redfish-virtual-media'],
  console: ['no-console'],
  deploy: ['direct', 'ramdisk'],
  firmware: ['redfish', 'no-firmware'],
  inspect: ['redfish', 'agent', 'no-inspect'],
  management: ['redfish'],
  network: ['flat', 'neutron', 'noop'],
  power: ['redfish'],
  raid: ['redfish', 'no-raid', 'agent'],
  rescue: ['no-rescue', 'agent'],
  storage: ['noop'],
  vendor: ['redfish', 'no-vendor'],
} as const;

export const REDFISH: RedfishType = { name: 'redfish', interfaces: INTERFACES };

/** The hardware type `idrac`: Ironic's names for the same interfaces, where it has names of its own. */
export const IDRAC: RedfishType = {
  name: 'idrac',
  interfaces: {
    ...INTERFACES,
    bios: ['idrac-redfish', 'redfish', 'no-bios'],
    boot: ['ipxe', 'pxe', 'http-ipxe', 'http', 'idrac-redfish-virtual-media'],
    inspect: ['idrac-redfish', 'agent', 'no-inspect'],
    management: ['idrac-redfish'],
    power: ['idrac-redfish', 'redfish'],
    raid: ['idrac-redfish', 'no-raid', 'agent'],
    vendor: ['idrac-redfish', 'redfish', 'no-vendor'],
  },
  more: (system) => ({ jobQueue: dellJobQueue(system) }),
};

/**
 * A hardware type that speaks Redfish. A connection is opened by the first call on it; sessions are kept between connections for
 * `session_idle_timeout`. Disposing it deletes all sessions.
 */
export function createRedfishDriver(
  context: DriverContext,
  options: RedfishOptions,
  type = REDFISH,
): Driver<RedfishInfo> {
  const pool = new ClientPool(context, options);
  return {
    name: type.name,
    properties: REDFISH_PROPERTIES,
    interfaces: type.interfaces,
    login: { address: 'redfish_address', username: 'redfish_username', password: 'redfish_password' },
    parse: parseDriverInfo,
    connect: async (info, call) => {
      call.signal?.throwIfAborted();
      const ca = await certificatesOf(info);
      const { client, release } = pool.acquire(info, ca);
      const system = systemOf(client, info.system_id);
      const virtualMedia = redfishVirtualMedia(system);
      const trusted_by = info.verify_ca === false ? false : ca;
      const certificates = redfishCertificates(system, trusted_by, context.clock);
      return {
        ...type.more?.(system),
        power: redfishPower(system),
        boot: redfishBoot(system),
        bootMode: redfishBootMode(system),
        secureBoot: redfishSecureBoot(system),
        secureBootKeys: redfishSecureBootKeys(system),
        nmi: redfishNmi(system),
        indicators: redfishIndicators(system),
        virtualMedia,
        certificates,
        passthru: redfishPassthru(system, virtualMedia, certificates),
        graphicalConsole: redfishGraphicalConsole(system, () => pool.acquire(info, ca).release),
        inventory: redfishInventory(system),
        hardware: redfishHardware(system),
        sensors: redfishSensors(system),
        health: redfishHealth(system),
        bmc: redfishBmcControl(system),
        eventLog: redfishEventLog(system),
        accounts: redfishAccounts(system),
        lan: redfishLan(system, async (address, signal) =>
          info.verify_ca === false ? true : isNamedBy(info.origin, ca, address, signal),
        ),
        clock: redfishClock(system),
        ntp: redfishNtp(system),
        bios: redfishBios(system),
        biosWriter: redfishBiosWriter(system),
        firmware: redfishFirmware(system),
        firmwareUpdater: redfishFirmwareUpdater(system),
        raid: redfishRaid(system),
        drives: redfishDrives(system),
        tasks: {
          read: (task, options) => client.within(options, (inside) => client.readTask(inside, task)),
        },
        [Symbol.asyncDispose]: release,
      };
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** PEM of the file that redfish_verify_ca names; null: it names none. */
async function certificatesOf({ verify_ca }: RedfishInfo): Promise<string | null> {
  if (typeof verify_ca !== 'string') return null;
  try {
    return await readFile(verify_ca, 'utf8');
  } catch {
    throw new DriverError(
      'rejected',
      'The file that redfish_verify_ca names cannot be read by the conductor.',
    );
  }
}
