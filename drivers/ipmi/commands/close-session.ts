import { putU32, u32 } from '../codec/bytes.ts';
import { type Command, emptyResponse, NETFN, PRIVILEGE } from './command.ts';

/** IPMI v2.0 22.19 */
export const closeSession: Command<{ session_id: number }, Record<never, never>> = {
  name: 'Close Session',
  netfn: NETFN.app,
  cmd: 0x3c,
  privilege: PRIVILEGE.callback,
  repeatable: true,
  completion_codes: { 0x87: 'invalid session id', 0x88: 'invalid session handle' },
  encodeRequest: ({ session_id }) => {
    const data = new Uint8Array(4);
    putU32(data, 0, session_id);
    return data;
  },
  decodeRequest: (data) => (data.length < 4 ? 'truncated' : { session_id: u32(data, 0) }),
  ...emptyResponse,
};
