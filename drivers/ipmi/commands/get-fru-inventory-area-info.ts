import { putU16, u8, u16 } from '../codec/bytes.ts';
import { type Command, NETFN, PRIVILEGE } from './command.ts';

/** IPMI v2.0 34.1. Sizes and offsets count words of 2 bytes when `by_words`. */
export const getFruInventoryAreaInfo: Command<{ fru_id: number }, { size_bytes: number; by_words: boolean }> =
  {
    name: 'Get FRU Inventory Area Info',
    netfn: NETFN.storage,
    cmd: 0x10,
    privilege: PRIVILEGE.user,
    repeatable: true,
    encodeRequest: ({ fru_id }) => Uint8Array.of(fru_id),
    decodeRequest: (data) => (data.length < 1 ? 'truncated' : { fru_id: u8(data, 0) }),
    encodeResponse: ({ size_bytes, by_words }) => {
      const data = new Uint8Array(3);
      putU16(data, 0, size_bytes);
      data[2] = by_words ? 1 : 0;
      return data;
    },
    decodeResponse: (data) => {
      if (data.length < 3) return 'truncated';
      return { size_bytes: u16(data, 0), by_words: (u8(data, 2) & 1) !== 0 };
    },
  };
