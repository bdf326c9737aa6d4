import { u8 } from '../codec/bytes.ts';
import { type Command, NETFN, PRIVILEGE } from './command.ts';

export interface ChannelAccess {
  /** 0 off, 1 before the start only, 2 always, 3 shared with the server. */
  mode: number;
  alerting: boolean;
  per_message_authentication: boolean;
  user_level_authentication: boolean;
  /** Highest level of sessions. */
  privilege: number;
}

/** IPMI v2.0 22.23. `stored`: as it will be after a restart, not as it is. */
export const getChannelAccess: Command<{ channel: number; stored: boolean }, ChannelAccess> = {
  name: 'Get Channel Access',
  netfn: NETFN.app,
  cmd: 0x41,
  privilege: PRIVILEGE.user,
  repeatable: true,
  completion_codes: { 0x82: 'the channel has no sessions' },
  encodeRequest: ({ channel, stored }) => Uint8Array.of(channel, stored ? 0x40 : 0x80),
  decodeRequest: (data) =>
    data.length < 2 ? 'truncated' : { channel: u8(data, 0) & 0x0f, stored: u8(data, 1) >> 6 === 1 },
  encodeResponse: (access) =>
    Uint8Array.of(
      (access.alerting ? 0 : 0x20) |
        (access.per_message_authentication ? 0 : 0x10) |
        (access.user_level_authentication ? 0 : 0x08) |
        access.mode,
      access.privilege,
    ),
  decodeResponse: (data) => {
    if (data.length < 2) return 'truncated';
    const flags = u8(data, 0);
    return {
      mode: flags & 0x07,
      alerting: (flags & 0x20) === 0,
      per_message_authentication: (flags & 0x10) === 0,
      user_level_authentication: (flags & 0x08) === 0,
      privilege: u8(data, 1) & 0x0f,
    };
  },
};
