import { putU16, u16 } from '../codec/bytes.ts';
import { type Command, emptyRequest, NETFN, type Nothing, PRIVILEGE } from './command.ts';

/** IPMI v2.0 33.11 */
export const reserveSdrRepository: Command<Nothing, { reservation_id: number }> = {
  name: 'Reserve SDR Repository',
  netfn: NETFN.storage,
  cmd: 0x22,
  privilege: PRIVILEGE.user,
  ...emptyRequest,
  encodeResponse: ({ reservation_id }) => {
    const data = new Uint8Array(2);
    putU16(data, 0, reservation_id);
    return data;
  },
  decodeResponse: (data) => (data.length < 2 ? 'truncated' : { reservation_id: u16(data, 0) }),
};
