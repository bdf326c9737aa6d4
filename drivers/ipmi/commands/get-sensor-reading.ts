import { u8 } from '../codec/bytes.ts';
import { type Command, NETFN, PRIVILEGE } from './command.ts';

export interface SensorReading {
  raw: number;
  /** The BMC scans the sensor. */
  scanning: boolean;
  /** The reading means nothing now. */
  unavailable: boolean;
  /** Threshold sensors: bits 0..5 = below lower non-critical, critical, non-recoverable, above upper ditto. Others: states. */
  states: number;
}

/** IPMI v2.0 35.14 */
export const getSensorReading: Command<{ sensor_number: number }, SensorReading> = {
  name: 'Get Sensor Reading',
  netfn: NETFN.sensor,
  cmd: 0x2d,
  privilege: PRIVILEGE.user,
  repeatable: true,
  encodeRequest: ({ sensor_number }) => Uint8Array.of(sensor_number),
  decodeRequest: (data) => (data.length < 1 ? 'truncated' : { sensor_number: u8(data, 0) }),
  encodeResponse: ({ raw, scanning, unavailable, states }) =>
    Uint8Array.of(
      raw,
      0x80 | (scanning ? 0x40 : 0) | (unavailable ? 0x20 : 0),
      states & 0xff,
      0x80 | (states >> 8),
    ),
  decodeResponse: (data) => {
    if (data.length < 2) return 'truncated';
    return {
      raw: u8(data, 0),
      scanning: (u8(data, 1) & 0x40) !== 0,
      unavailable: (u8(data, 1) & 0x20) !== 0,
      states: u8(data, 2) | ((u8(data, 3) & 0x7f) << 8),
    };
  },
};
