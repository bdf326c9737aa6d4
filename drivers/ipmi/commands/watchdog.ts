import { putU16, u8, u16 } from '../codec/bytes.ts';
import {
  type Command,
  emptyRequest,
  emptyResponse,
  NETFN,
  type Nothing,
  nothing,
  PRIVILEGE,
} from './command.ts';

/** The watchdog timer of the server. IPMI v2.0 27 */

/** What is done when the time is over. IPMI v2.0 table 27-3 */
export const WATCHDOG_ACTION = { none: 0, hardReset: 1, powerDown: 2, powerCycle: 3 } as const;

/** Who uses it. IPMI v2.0 table 27-3 */
export const WATCHDOG_USE = { biosFrb2: 1, biosPost: 2, osLoad: 3, smsOs: 4, oem: 5 } as const;

export interface WatchdogSettings {
  /** One of WATCHDOG_USE. */
  use: number;
  action: number;
  /** Full time. */
  countdown_ms: number;
}

const USE_MASK = 0x07;
const RUNNING = 0x40;
const UNIT_MS = 100;

function encode({ use, action, countdown_ms }: WatchdogSettings, flags: number, length: number): Uint8Array {
  const data = new Uint8Array(length);
  data[0] = (use & USE_MASK) | flags;
  data[1] = action & 0x07;
  putU16(data, 4, Math.round(countdown_ms / UNIT_MS));
  return data;
}

function decode(data: Uint8Array): WatchdogSettings {
  return {
    use: u8(data, 0) & USE_MASK,
    action: u8(data, 1) & 0x07,
    countdown_ms: u16(data, 4) * UNIT_MS,
  };
}

/** Sets it, and stops it unless `keep_running`. IPMI v2.0 27.6 */
export const setWatchdog: Command<WatchdogSettings & { keep_running: boolean }, Nothing> = {
  name: 'Set Watchdog Timer',
  netfn: NETFN.app,
  cmd: 0x24,
  privilege: PRIVILEGE.operator,
  encodeRequest: (request) => encode(request, request.keep_running ? RUNNING : 0, 6),
  decodeRequest: (data) =>
    data.length < 6 ? 'truncated' : { ...decode(data), keep_running: (u8(data, 0) & RUNNING) !== 0 },
  ...emptyResponse,
};

/** IPMI v2.0 27.7 */
export const getWatchdog: Command<Nothing, WatchdogSettings & { running: boolean; left_ms: number }> = {
  name: 'Get Watchdog Timer',
  netfn: NETFN.app,
  cmd: 0x25,
  privilege: PRIVILEGE.user,
  repeatable: true,
  ...emptyRequest,
  encodeResponse: (response) => {
    const data = encode(response, response.running ? RUNNING : 0, 8);
    putU16(data, 6, Math.round(response.left_ms / UNIT_MS));
    return data;
  },
  decodeResponse: (data) => {
    if (data.length < 8) return 'truncated';
    return { ...decode(data), running: (u8(data, 0) & RUNNING) !== 0, left_ms: u16(data, 6) * UNIT_MS };
  },
};

/** Starts it, or starts it over. IPMI v2.0 27.5 */
export const resetWatchdog: Command<Nothing, Nothing> = {
  name: 'Reset Watchdog Timer',
  netfn: NETFN.app,
  cmd: 0x22,
  privilege: PRIVILEGE.operator,
  completion_codes: { 0x80: 'the watchdog was never set' },
  encodeRequest: () => new Uint8Array(0),
  decodeRequest: () => nothing,
  ...emptyResponse,
};
