import { putU16, putU32, u8, u16, u32 } from '../codec/bytes.ts';
import { type Command, emptyRequest, NETFN, type Nothing, PRIVILEGE } from './command.ts';

export interface SdrRepositoryInfo {
  records: number;
  free_bytes: number;
  last_add_s: number;
  last_erase_s: number;
  supports_reserve: boolean;
}

/** IPMI v2.0 33.9 */
export const getSdrRepositoryInfo: Command<Nothing, SdrRepositoryInfo> = {
  name: 'Get SDR Repository Info',
  netfn: NETFN.storage,
  cmd: 0x20,
  privilege: PRIVILEGE.user,
  repeatable: true,
  ...emptyRequest,
  encodeResponse: (info) => {
    const data = new Uint8Array(14);
    data[0] = 0x51;
    putU16(data, 1, info.records);
    putU16(data, 3, info.free_bytes);
    putU32(data, 5, info.last_add_s);
    putU32(data, 9, info.last_erase_s);
    data[13] = info.supports_reserve ? 0x02 : 0;
    return data;
  },
  decodeResponse: (data) => {
    if (data.length < 14) return 'truncated';
    return {
      records: u16(data, 1),
      free_bytes: u16(data, 3),
      last_add_s: u32(data, 5),
      last_erase_s: u32(data, 9),
      supports_reserve: (u8(data, 13) & 0x02) !== 0,
    };
  },
};
