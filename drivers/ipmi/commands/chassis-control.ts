import { u8 } from '../codec/bytes.ts';
import { type Command, emptyResponse, NETFN, type Nothing, PRIVILEGE } from './command.ts';

/** IPMI v2.0 table 28-4 */
export const CHASSIS_ACTION = {
  powerDown: 0,
  powerUp: 1,
  powerCycle: 2,
  hardReset: 3,
  /** A diagnostic interrupt: NMI on x86. */
  diagnosticInterrupt: 4,
  /** Soft: an ACPI over-temperature event asks the operating system to shut down. */
  softShutdown: 5,
} as const;
export type ChassisAction = (typeof CHASSIS_ACTION)[keyof typeof CHASSIS_ACTION];

/** IPMI v2.0 28.3 */
export const chassisControl: Command<{ action: ChassisAction }, Nothing> = {
  name: 'Chassis Control',
  netfn: NETFN.chassis,
  cmd: 0x02,
  privilege: PRIVILEGE.operator,
  encodeRequest: ({ action }) => Uint8Array.of(action),
  decodeRequest: (data) => {
    if (data.length < 1) return 'truncated';
    const action = u8(data, 0) & 0x0f;
    return isChassisAction(action) ? { action } : 'malformed';
  },
  ...emptyResponse,
};

/** The same for cycle, reset and diagnostic interrupt, which are not "be so" but "do it". */
export const chassisControlOnce: Command<{ action: ChassisAction }, Nothing> = {
  ...chassisControl,
  once: true,
};

function isChassisAction(value: number): value is ChassisAction {
  return value <= CHASSIS_ACTION.softShutdown;
}
