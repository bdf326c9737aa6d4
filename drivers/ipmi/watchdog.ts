import type { JsonObject } from '../../lifecycle/json.ts';
import { type CallOptions, DriverError, type PassthruMethod } from '../contract.ts';
import {
  getWatchdog,
  resetWatchdog,
  setWatchdog,
  WATCHDOG_ACTION,
  WATCHDOG_USE,
} from './commands/watchdog.ts';
import type { Controller } from './controller.ts';

/** What the BMC does with the server when the time is over, in words. */
const ACTIONS: Readonly<Record<string, number>> = {
  none: WATCHDOG_ACTION.none,
  reset: WATCHDOG_ACTION.hardReset,
  'power off': WATCHDOG_ACTION.powerDown,
  'power cycle': WATCHDOG_ACTION.powerCycle,
};
const USES: Readonly<Record<number, string>> = {
  [WATCHDOG_USE.biosFrb2]: 'BIOS FRB2',
  [WATCHDOG_USE.biosPost]: 'BIOS POST',
  [WATCHDOG_USE.osLoad]: 'OS load',
  [WATCHDOG_USE.smsOs]: 'SMS/OS',
  [WATCHDOG_USE.oem]: 'OEM',
};
/** 16 bits of 100 ms. */
const LONGEST_S = 6553;

/** Calls of the vendor interface for the server's watchdog timer; not in Ironic. IPMI v2.0 27 */
export function watchdogCalls(
  bmc: Controller,
  remaining: (options: CallOptions) => () => CallOptions,
): Readonly<Record<string, PassthruMethod>> {
  return {
    get_watchdog: {
      http_methods: ['GET'],
      async: false,
      description:
        "Tells the server's watchdog timer: running, use, action, countdown and what is left of it, in seconds.",
      call: async (_data, options) => {
        const { running, use, action, countdown_ms, left_ms } = await bmc.execute(getWatchdog, {}, options);
        return {
          running,
          use: USES[use] ?? 'unspecified',
          action: Object.keys(ACTIONS).find((word) => ACTIONS[word] === action) ?? 'unspecified',
          countdown_s: countdown_ms / 1000,
          left_s: left_ms / 1000,
        };
      },
    },
    set_watchdog: {
      http_methods: ['POST'],
      async: false,
      description: `Sets the server's watchdog timer and starts it. Arguments: countdown_s (1 to ${LONGEST_S}), action (${Object.keys(ACTIONS).join(', ')}; default reset); running: false stops it.`,
      call: async (data, options) => {
        const left = remaining(options);
        const { running, ...settings } = settingsOf(bmc.name, data);
        // Setting it stops it, so that nothing runs out between the two.
        await bmc.execute(
          setWatchdog,
          { ...settings, use: WATCHDOG_USE.smsOs, keep_running: false },
          options,
        );
        if (running) await bmc.execute(resetWatchdog, {}, left());
        return null;
      },
    },
    reset_watchdog: {
      http_methods: ['POST'],
      async: false,
      description: "Starts the countdown of the server's watchdog timer over.",
      call: async (_data, options) => {
        await bmc.execute(resetWatchdog, {}, options);
        return null;
      },
    },
  };
}

function settingsOf(
  name: string,
  data: JsonObject,
): { running: boolean; action: number; countdown_ms: number } {
  const { countdown_s = null, action: word = 'reset', running = true, ...others } = data;
  const refuse = (problem: string) => new DriverError('rejected', `${name}: set_watchdog: ${problem}`);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw refuse(`there is no ${unknown}.`);
  if (typeof running !== 'boolean') throw refuse('running must be true or false.');
  const action = typeof word === 'string' && Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
  if (action === undefined) throw refuse(`action must be one of ${Object.keys(ACTIONS).join(', ')}.`);
  const seconds = countdown_s === null && !running ? 1 : Number(countdown_s);
  if (!(seconds >= 1 && seconds <= LONGEST_S))
    throw refuse(`countdown_s must be a number of seconds from 1 to ${LONGEST_S}.`);
  return { running, action, countdown_ms: seconds * 1000 };
}
