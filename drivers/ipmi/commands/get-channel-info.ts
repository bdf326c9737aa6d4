import { u8 } from '../codec/bytes.ts';
import { type Command, NETFN, PRIVILEGE } from './command.ts';

export interface ChannelInfo {
  channel: number;
  /** 4: Ethernet. IPMI v2.0 table 6-3 */
  medium: number;
  active_sessions: number;
}

export const MEDIUM_LAN = 4;
const PROTOCOL_IPMB = 1;
const MULTI_SESSION = 0x80;
/** The vendor of the protocol: IPMI itself. */
const IPMI_IANA = [0xf2, 0x1b, 0x00] as const;

/** IPMI v2.0 22.24 */
export const getChannelInfo: Command<{ channel: number }, ChannelInfo> = {
  name: 'Get Channel Info',
  netfn: NETFN.app,
  cmd: 0x42,
  privilege: PRIVILEGE.user,
  repeatable: true,
  encodeRequest: ({ channel }) => Uint8Array.of(channel),
  decodeRequest: (data) => (data.length < 1 ? 'truncated' : { channel: u8(data, 0) & 0x0f }),
  encodeResponse: ({ channel, medium, active_sessions }) =>
    Uint8Array.of(channel, medium, PROTOCOL_IPMB, MULTI_SESSION | active_sessions, ...IPMI_IANA, 0, 0),
  decodeResponse: (data) => {
    if (data.length < 4) return 'truncated';
    return {
      channel: u8(data, 0) & 0x0f,
      medium: u8(data, 1) & 0x7f,
      active_sessions: u8(data, 3) & 0x3f,
    };
  },
};
