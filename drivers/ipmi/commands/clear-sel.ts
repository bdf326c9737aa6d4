import { putU16, u8, u16 } from '../codec/bytes.ts';
import { type Command, NETFN, PRIVILEGE } from './command.ts';

const INITIATE = 0xaa;
const PROGRESS = 0x00;

/** IPMI v2.0 31.9. `initiate` false asks how far the erasure has come. */
export const clearSel: Command<{ reservation_id: number; initiate: boolean }, { done: boolean }> = {
  name: 'Clear SEL',
  netfn: NETFN.storage,
  cmd: 0x47,
  privilege: PRIVILEGE.operator,
  encodeRequest: ({ reservation_id, initiate }) => {
    const data = Uint8Array.of(0, 0, 0x43, 0x4c, 0x52, initiate ? INITIATE : PROGRESS);
    putU16(data, 0, reservation_id);
    return data;
  },
  decodeRequest: (data) => {
    if (data.length < 6) return 'truncated';
    if (data[2] !== 0x43 || data[3] !== 0x4c || data[4] !== 0x52) return 'malformed';
    return { reservation_id: u16(data, 0), initiate: data[5] === INITIATE };
  },
  encodeResponse: ({ done }) => Uint8Array.of(done ? 1 : 0),
  decodeResponse: (data) => (data.length < 1 ? 'truncated' : { done: (u8(data, 0) & 0x0f) === 1 }),
};
