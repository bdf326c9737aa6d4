import { putU16, u8, u16 } from '../codec/bytes.ts';
import { type Command, NETFN, PRIVILEGE } from './command.ts';

/** Asks for the whole record; most BMCs answer CAh when it does not fit into one message. */
export const WHOLE_SDR = 0xff;

/** IPMI v2.0 33.12 */
export const getSdr: Command<
  { reservation_id: number; record_id: number; offset: number; length: number },
  { next_record_id: number; bytes: Uint8Array }
> = {
  name: 'Get SDR',
  netfn: NETFN.storage,
  cmd: 0x23,
  privilege: PRIVILEGE.user,
  repeatable: true,
  encodeRequest: ({ reservation_id, record_id, offset, length }) => {
    const data = new Uint8Array(6);
    putU16(data, 0, reservation_id);
    putU16(data, 2, record_id);
    data[4] = offset;
    data[5] = length;
    return data;
  },
  decodeRequest: (data) => {
    if (data.length < 6) return 'truncated';
    return {
      reservation_id: u16(data, 0),
      record_id: u16(data, 2),
      offset: u8(data, 4),
      length: u8(data, 5),
    };
  },
  encodeResponse: ({ next_record_id, bytes }) => {
    const data = new Uint8Array(2 + bytes.length);
    putU16(data, 0, next_record_id);
    data.set(bytes, 2);
    return data;
  },
  decodeResponse: (data) => {
    if (data.length < 2) return 'truncated';
    return { next_record_id: u16(data, 0), bytes: data.subarray(2) };
  },
};
