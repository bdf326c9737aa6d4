import { u8 } from '../codec/bytes.ts';
import { type Command, emptyResponse, NETFN, type Nothing, PRIVILEGE } from './command.ts';

/** The privilege limit of users that may not log in by a channel. IPMI v2.0 table 22-32 */
export const NO_ACCESS = 0x0f;
const USER_ID = 0x3f;

/** What a user may do by one channel. */
export interface UserAccess {
  max_users: number;
  /** Bits 7..6 of the second byte: 1 enabled, 2 disabled; 0: the BMC does not say. */
  enabled: boolean | null;
  /** Users with a name. */
  callback_only: boolean;
  link_authentication: boolean;
  ipmi_messaging: boolean;
  /** 1 callback … 4 administrator, 15 no access. */
  privilege: number;
}

const ENABLED_WORDS: Readonly<Record<number, boolean>> = { 1: true, 2: false };

/** IPMI v2.0 22.27 */
export const getUserAccess: Command<{ channel: number; user_id: number }, UserAccess> = {
  name: 'Get User Access',
  netfn: NETFN.app,
  cmd: 0x44,
  privilege: PRIVILEGE.operator,
  encodeRequest: ({ channel, user_id }) => Uint8Array.of(channel, user_id),
  decodeRequest: (data) =>
    data.length < 2 ? 'truncated' : { channel: u8(data, 0) & 0x0f, user_id: u8(data, 1) & USER_ID },
  encodeResponse: (access) =>
    Uint8Array.of(
      access.max_users,
      access.enabled === null ? 0 : access.enabled ? 0x40 : 0x80,
      0,
      (access.callback_only ? 0x40 : 0) |
        (access.link_authentication ? 0x20 : 0) |
        (access.ipmi_messaging ? 0x10 : 0) |
        access.privilege,
    ),
  decodeResponse: (data) => {
    if (data.length < 4) return 'truncated';
    return {
      max_users: u8(data, 0) & USER_ID,
      enabled: ENABLED_WORDS[u8(data, 1) >> 6] ?? null,
      callback_only: (u8(data, 3) & 0x40) !== 0,
      link_authentication: (u8(data, 3) & 0x20) !== 0,
      ipmi_messaging: (u8(data, 3) & 0x10) !== 0,
      privilege: u8(data, 3) & 0x0f,
    };
  },
};

export interface UserAccessChange {
  channel: number;
  user_id: number;
  link_authentication: boolean;
  ipmi_messaging: boolean;
  privilege: number;
}

/** IPMI v2.0 22.26 */
export const setUserAccess: Command<UserAccessChange, Nothing> = {
  name: 'Set User Access',
  netfn: NETFN.app,
  cmd: 0x43,
  privilege: PRIVILEGE.administrator,
  encodeRequest: (change) =>
    Uint8Array.of(
      0x80 | (change.link_authentication ? 0x20 : 0) | (change.ipmi_messaging ? 0x10 : 0) | change.channel,
      change.user_id,
      change.privilege,
    ),
  decodeRequest: (data) => {
    if (data.length < 3) return 'truncated';
    return {
      channel: u8(data, 0) & 0x0f,
      link_authentication: (u8(data, 0) & 0x20) !== 0,
      ipmi_messaging: (u8(data, 0) & 0x10) !== 0,
      user_id: u8(data, 1) & USER_ID,
      privilege: u8(data, 2) & 0x0f,
    };
  },
  ...emptyResponse,
};
