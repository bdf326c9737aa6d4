import { putU16, u8, u16 } from '../codec/bytes.ts';
import { type Command, NETFN, PRIVILEGE } from './command.ts';

/** IPMI v2.0 34.2. Offset and count in the unit that the area info tells. */
export const readFruData: Command<
  { fru_id: number; offset: number; count: number },
  { count: number; bytes: Uint8Array }
> = {
  name: 'Read FRU Data',
  netfn: NETFN.storage,
  cmd: 0x11,
  privilege: PRIVILEGE.user,
  repeatable: true,
  completion_codes: { 0x81: 'FRU device busy' },
  encodeRequest: ({ fru_id, offset, count }) => {
    const data = Uint8Array.of(fru_id, 0, 0, count);
    putU16(data, 1, offset);
    return data;
  },
  decodeRequest: (data) => {
    if (data.length < 4) return 'truncated';
    return { fru_id: u8(data, 0), offset: u16(data, 1), count: u8(data, 3) };
  },
  encodeResponse: ({ count, bytes }) => Uint8Array.of(count, ...bytes),
  decodeResponse: (data) => {
    if (data.length < 1) return 'truncated';
    return { count: u8(data, 0), bytes: data.subarray(1) };
  },
};
