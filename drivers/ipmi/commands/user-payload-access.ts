import { putU16, u8, u16 } from '../codec/bytes.ts';
import { type Command, emptyResponse, NETFN, type Nothing, PRIVILEGE } from './command.ts';

/** Which payloads a user may activate by a channel: bit n of `standard`, payload type n. IPMI v2.0 24.6, 24.7 */

interface UserOfChannel {
  channel: number;
  user_id: number;
}

const USER_ID = 0x3f;
const DISABLE = 0x40;

/** IPMI v2.0 24.7 */
export const getUserPayloadAccess: Command<UserOfChannel, { standard: number; oem: number }> = {
  name: 'Get User Payload Access',
  netfn: NETFN.app,
  cmd: 0x4d,
  privilege: PRIVILEGE.operator,
  repeatable: true,
  encodeRequest: ({ channel, user_id }) => Uint8Array.of(channel, user_id),
  decodeRequest: (data) =>
    data.length < 2 ? 'truncated' : { channel: u8(data, 0) & 0x0f, user_id: u8(data, 1) & USER_ID },
  encodeResponse: ({ standard, oem }) => {
    const data = new Uint8Array(4);
    putU16(data, 0, standard);
    putU16(data, 2, oem);
    return data;
  },
  decodeResponse: (data) => (data.length < 4 ? 'truncated' : { standard: u16(data, 0), oem: u16(data, 2) }),
};

export interface PayloadAccessChange extends UserOfChannel {
  enable: boolean;
  /** Those that are changed; the others stay. */
  standard: number;
  oem: number;
}

/** IPMI v2.0 24.6 */
export const setUserPayloadAccess: Command<PayloadAccessChange, Nothing> = {
  name: 'Set User Payload Access',
  netfn: NETFN.app,
  cmd: 0x4c,
  privilege: PRIVILEGE.administrator,
  encodeRequest: ({ channel, user_id, enable, standard, oem }) => {
    const data = new Uint8Array(6);
    data[0] = channel;
    data[1] = (enable ? 0 : DISABLE) | user_id;
    putU16(data, 2, standard);
    putU16(data, 4, oem);
    return data;
  },
  decodeRequest: (data) =>
    data.length < 6
      ? 'truncated'
      : {
          channel: u8(data, 0) & 0x0f,
          user_id: u8(data, 1) & USER_ID,
          enable: (u8(data, 1) & DISABLE) === 0,
          standard: u16(data, 2),
          oem: u16(data, 4),
        },
  ...emptyResponse,
};
