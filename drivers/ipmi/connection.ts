import type { Clock } from '../../lifecycle/clock.ts';
import {
  type AccountControl,
  type BmcClock,
  type BmcControl,
  type Connection,
  DriverError,
  type EventLog,
  type Identify,
  type IndicatorControl,
  type InventoryReader,
  type LanControl,
  type Nmi,
  type PassthruMethod,
  type PowerControl,
  type RawCommand,
  type SensorReader,
  type SerialConsole,
  type SpeedSelect,
} from '../contract.ts';
import { ipmiAccounts } from './accounts.ts';
import { type ForcedBoots, type IpmiBoot, ipmiBoot } from './boot-device.ts';
import { clearLog } from './clear-log.ts';
import { CHASSIS_ACTION, chassisControlOnce } from './commands/chassis-control.ts';
import { chassisIdentify } from './commands/chassis-identify.ts';
import { coldReset } from './commands/cold-reset.ts';
import { getChassisStatus } from './commands/get-chassis-status.ts';
import { getDeviceId } from './commands/get-device-id.ts';
import { rawCommand } from './commands/raw.ts';
import { getSelTime, setSelTime } from './commands/sel-time.ts';
import { warmReset } from './commands/warm-reset.ts';
import type { Controller } from './controller.ts';
import type { IpmiInfo } from './driver-info.ts';
import type { BmcContext } from './driver-options.ts';
import { ipmiIndicators } from './indicators.ts';
import { ipmiInventory } from './inventory.ts';
import { ipmiLan } from './lan.ts';
import { ipmiPower, remaining } from './power.ts';
import { readSel } from './sel.ts';
import { readSensors } from './sensors.ts';
import { ipmiSerialConsole } from './sol.ts';
import { intelSpeedSelect } from './speed-select.ts';
import { watchdogCalls } from './watchdog.ts';

const LONGEST_IDENTIFY_S = 255;

/** What a connection is made of. */
export interface ConnectionParts {
  info: IpmiInfo;
  controller: Controller;
  context: BmcContext;
  forced_boots: ForcedBoots;
  /** Those of the driver that are not closed yet. */
  consoles: Set<AsyncDisposable>;
  release(): Promise<void>;
}

/**
 * A way to one controller: a BMC, or one behind it. Its parts are made when they are asked for: the power synchronisation opens
 * thousands of ways in a second and uses one part of each.
 */
export class IpmiConnection implements Connection {
  protected readonly parts: ConnectionParts;

  constructor(parts: ConnectionParts) {
    this.parts = parts;
  }

  get power(): PowerControl {
    const { controller, context } = this.parts;
    return ipmiPower(controller, context.clock, (options) => this.boot.force(options));
  }

  get boot(): IpmiBoot {
    const { controller, context, forced_boots, info } = this.parts;
    const disable_timeout = info.disable_boot_timeout ?? context.options.disable_boot_timeout;
    return ipmiBoot(controller, context.clock, disable_timeout, forced_boots);
  }

  get identify(): Identify {
    const bmc = this.parts.controller;
    return {
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
    };
  }

  get nmi(): Nmi {
    const bmc = this.parts.controller;
    return {
      inject: async (options) => {
        const left = remaining(this.#clock, options);
        // The answer proves that the session is alive.
        await bmc.execute(getChassisStatus, {}, options);
        await bmc.execute(chassisControlOnce, { action: CHASSIS_ACTION.diagnosticInterrupt }, left());
      },
    };
  }

  get indicators(): IndicatorControl {
    return ipmiIndicators(this.parts.controller);
  }

  get inventory(): InventoryReader {
    return ipmiInventory(this.parts.controller, this.#clock);
  }

  get sensors(): SensorReader {
    const bmc = this.parts.controller;
    return { read: (options) => readSensors(bmc, remaining(this.#clock, options)) };
  }

  get eventLog(): EventLog {
    const bmc = this.parts.controller;
    return {
      read: (options) => readSel(bmc, remaining(this.#clock, options)),
      clear: (options) => clearLog(bmc, this.#clock, options),
    };
  }

  /** The clock that the event log takes its times of: whole seconds. */
  get clock(): BmcClock {
    const bmc = this.parts.controller;
    return {
      get: async (options) => (await bmc.execute(getSelTime, {}, options)).time_s * 1000,
      set: async (epoch_ms, options) => {
        await bmc.execute(setSelTime, { time_s: Math.round(epoch_ms / 1000) }, options);
      },
    };
  }

  get passthru(): Readonly<Record<string, PassthruMethod>> {
    return watchdogCalls(this.parts.controller, (options) => remaining(this.#clock, options));
  }

  get raw(): RawCommand {
    const bmc = this.parts.controller;
    return {
      send: async (bytes, options) => {
        const [netfn, cmd, ...data] = bytes;
        if (netfn === undefined || cmd === undefined || netfn > 0x3e || (netfn & 1) !== 0)
          throw new DriverError(
            'rejected',
            `${bmc.name}: a raw command begins with an even network function (0x00 to 0x3e) and a command.`,
          );
        return bmc.execute(rawCommand(netfn, cmd), Uint8Array.from(data), options);
      },
    };
  }

  get bmc(): BmcControl {
    const bmc = this.parts.controller;
    return {
      reset: async (kind, options) => {
        const left = remaining(this.#clock, options);
        await bmc.execute(getDeviceId, {}, options);
        try {
          await bmc.execute(kind === 'cold' ? coldReset : warmReset, {}, left());
        } catch (error) {
          // It answered a moment ago: a BMC that is silent now has begun to reset.
          if (!(error instanceof DriverError) || (error.code !== 'unreachable' && error.code !== 'timeout'))
            throw error;
        }
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts.release();
  }

  get #clock(): Clock {
    return this.parts.context.clock;
  }
}

/** The way to a BMC itself: what is behind it is only one of its guests, and its network is not that one's. */
export class OwnConnection extends IpmiConnection {
  get lan(): LanControl {
    return ipmiLan(this.parts.controller, this.parts.context.clock);
  }
}

/** v1.5 has no Serial over LAN, and carries passwords in the clear. */
export class RmcpPlusConnection extends OwnConnection {
  get accounts(): AccountControl {
    return ipmiAccounts(this.parts.controller, this.parts.context.clock);
  }

  get serialConsole(): SerialConsole {
    const { info, context, consoles } = this.parts;
    return ipmiSerialConsole(info, context, consoles);
  }
}

/** Boards of Intel know commands of their own. */
export class IntelConnection extends RmcpPlusConnection {
  get speedSelect(): SpeedSelect {
    return intelSpeedSelect(this.parts.controller, this.parts.context.clock);
  }
}
