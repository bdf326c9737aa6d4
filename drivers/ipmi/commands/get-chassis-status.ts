import { u8 } from '../codec/bytes.ts';
import { type Command, emptyRequest, NETFN, type Nothing, PRIVILEGE } from './command.ts';

export interface ChassisStatus {
  power_on: boolean;
  power_overload: boolean;
  power_fault: boolean;
  power_control_fault: boolean;
  /** 0 stays off, 1 as before, 2 powers up, 3 unknown. */
  restore_policy: number;
  /** Bit set: AC failed, overload, interlock, fault, power on by IPMI. */
  last_power_event: number;
  /** Bit set: intrusion, front panel lockout, drive fault, cooling fault, then the identify state in bits 4..6. */
  misc_state: number;
}

/** IPMI v2.0 28.2 */
export const getChassisStatus: Command<Nothing, ChassisStatus> = {
  name: 'Get Chassis Status',
  netfn: NETFN.chassis,
  cmd: 0x01,
  privilege: PRIVILEGE.user,
  repeatable: true,
  ...emptyRequest,
  encodeResponse: (status) =>
    Uint8Array.of(
      (status.restore_policy << 5) |
        (status.power_control_fault ? 0x10 : 0) |
        (status.power_fault ? 0x08 : 0) |
        (status.power_overload ? 0x02 : 0) |
        (status.power_on ? 0x01 : 0),
      status.last_power_event,
      status.misc_state,
    ),
  decodeResponse: (data) => {
    if (data.length < 3) return 'truncated';
    const state = u8(data, 0);
    return {
      power_on: (state & 0x01) !== 0,
      power_overload: (state & 0x02) !== 0,
      power_fault: (state & 0x08) !== 0,
      power_control_fault: (state & 0x10) !== 0,
      restore_policy: (state >> 5) & 0x03,
      last_power_event: u8(data, 1) & 0x1f,
      misc_state: u8(data, 2) & 0x7f,
    };
  },
};
