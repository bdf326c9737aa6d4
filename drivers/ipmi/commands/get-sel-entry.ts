import { putU16, u8, u16 } from '../codec/bytes.ts';
import { type Command, NETFN, PRIVILEGE } from './command.ts';

/** Record ids that mean a place, not a record. IPMI v2.0 31.5 */
export const FIRST_RECORD = 0x0000;
export const LAST_RECORD = 0xffff;
export const SEL_RECORD_LENGTH = 16;
const WHOLE_RECORD = 0xff;

/** IPMI v2.0 31.5. `next_record_id` is LAST_RECORD after the last one. */
export const getSelEntry: Command<
  { reservation_id: number; record_id: number; offset: number; length: number },
  { next_record_id: number; record: Uint8Array }
> = {
  name: 'Get SEL Entry',
  netfn: NETFN.storage,
  cmd: 0x43,
  privilege: PRIVILEGE.user,
  repeatable: true,
  completion_codes: { 0x81: 'SEL erase in progress' },
  encodeRequest: ({ reservation_id, record_id, offset, length }) => {
    const data = new Uint8Array(6);
    putU16(data, 0, reservation_id);
    putU16(data, 2, record_id);
    data[4] = offset;
    data[5] = length === SEL_RECORD_LENGTH ? WHOLE_RECORD : length;
    return data;
  },
  decodeRequest: (data) => {
    if (data.length < 6) return 'truncated';
    const length = u8(data, 5);
    return {
      reservation_id: u16(data, 0),
      record_id: u16(data, 2),
      offset: u8(data, 4),
      length: length === WHOLE_RECORD ? SEL_RECORD_LENGTH : length,
    };
  },
  encodeResponse: ({ next_record_id, record }) => {
    const data = new Uint8Array(2 + record.length);
    putU16(data, 0, next_record_id);
    data.set(record, 2);
    return data;
  },
  decodeResponse: (data) => {
    if (data.length < 2) return 'truncated';
    if (data.length > 2 + SEL_RECORD_LENGTH) return 'oversized';
    return { next_record_id: u16(data, 0), record: data.subarray(2) };
  },
};
