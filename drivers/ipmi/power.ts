import type { Clock } from '../../lifecycle/clock.ts';
import type { PowerState, PowerTarget } from '../../lifecycle/power.ts';
import { type CallOptions, DriverError, type PowerControl } from '../contract.ts';
import {
  CHASSIS_ACTION,
  type ChassisAction,
  chassisControl,
  chassisControlOnce,
} from './commands/chassis-control.ts';
import { getChassisStatus } from './commands/get-chassis-status.ts';
import type { Controller } from './controller.ts';

type ReadablePower = Exclude<PowerState, 'error'>;

const SUPPORTED = ['power on', 'power off', 'rebooting', 'soft power off', 'soft rebooting'] as const;
/** Between looks at a server that was asked to shut down. */
const FIRST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 2000;

/** @param beforePowerOn makes ready for a start, as with a forced boot device. */
export function ipmiPower(
  bmc: Controller,
  clock: Clock,
  beforePowerOn: (options: CallOptions) => Promise<void>,
): PowerControl {
  const get = async (options: CallOptions): Promise<ReadablePower> => {
    const status = await bmc.execute(getChassisStatus, {}, options);
    return status.power_on ? 'power on' : 'power off';
  };
  /** A refusal or a lost reply is no failure when the server is where it should be. */
  const ensure = async (state: ReadablePower, action: ChassisAction, options: CallOptions): Promise<void> => {
    const left = remaining(clock, options);
    try {
      await bmc.execute(chassisControl, { action }, options);
    } catch (error) {
      if (!(error instanceof DriverError) || error.code === 'unauthorized') throw error;
      if ((await get(left()).catch(() => null)) !== state) throw error;
    }
  };

  const powerOn = async (options: CallOptions): Promise<void> => {
    const left = remaining(clock, options);
    await beforePowerOn(options);
    await ensure('power on', CHASSIS_ACTION.powerUp, left());
  };

  const reboot = async (options: CallOptions): Promise<void> => {
    const left = remaining(clock, options);
    // The answer also proves that the session is alive.
    if ((await get(options)) === 'power off') return powerOn(left());
    await beforePowerOn(left());
    try {
      await bmc.execute(chassisControlOnce, { action: CHASSIS_ACTION.powerCycle }, left());
    } catch (error) {
      // Power cycle is optional: IPMI v2.0 table 28-4.
      if (!(error instanceof DriverError) || (error.code !== 'unsupported' && error.code !== 'rejected'))
        throw error;
      await bmc.execute(chassisControlOnce, { action: CHASSIS_ACTION.hardReset }, left());
    }
  };

  const softOff = (options: CallOptions) => ensure('power off', CHASSIS_ACTION.softShutdown, options);

  const softReboot = async (options: CallOptions): Promise<void> => {
    const left = remaining(clock, options);
    if ((await get(options)) === 'power on') {
      await softOff(left());
      for (let wait_ms = FIRST_LOOK_MS; (await get(left())) === 'power on'; wait_ms *= 2) {
        if (left().timeout_ms <= 0)
          throw new DriverError(
            'timeout',
            `${bmc.name}: the server did not shut down in time. Look at its operating system, or use a hard reboot.`,
          );
        await clock.sleep(Math.min(wait_ms, LONGEST_LOOK_MS, left().timeout_ms), options.signal);
      }
    }
    await powerOn(left());
  };

  const actions: Record<PowerTarget, (options: CallOptions) => Promise<void>> = {
    'power on': powerOn,
    'power off': (options) => ensure('power off', CHASSIS_ACTION.powerDown, options),
    rebooting: reboot,
    'soft power off': softOff,
    'soft rebooting': softReboot,
  };
  return { supported: SUPPORTED, get, set: (target, options) => actions[target](options) };
}

/** The bounds of what is left of a call that takes several commands. */
export function remaining(clock: Clock, options: CallOptions): () => CallOptions {
  const deadline_ms = clock.monotonic() + options.timeout_ms;
  return () => ({ ...options, timeout_ms: Math.max(0, deadline_ms - clock.monotonic()) });
}
