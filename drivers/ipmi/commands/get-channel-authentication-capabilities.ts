import { u8 } from '../codec/bytes.ts';
import { type Command, NETFN } from './command.ts';

/** "The channel that this request came by." IPMI v2.0 6.3 */
export const THIS_CHANNEL = 0x0e;

export interface AuthenticationCapabilities {
  channel: number;
  /** Bit set of v1.5 authentication types: none, MD2, MD5, -, straight password, OEM. */
  authentication_types: number;
  /** IPMI v2.0 answers are possible, with RMCP+ sessions. */
  rmcp_plus: boolean;
  ipmi_v15: boolean;
  /** The BMC has a key K_G that is not zero. */
  two_key_login: boolean;
  /** Null user name, anonymous login and user names that exist: bits 2..0, as sent. */
  logins: number;
}

/** IPMI v2.0 22.13 */
export const getChannelAuthenticationCapabilities: Command<
  { channel: number; privilege: number; extended: boolean },
  AuthenticationCapabilities
> = {
  name: 'Get Channel Authentication Capabilities',
  netfn: NETFN.app,
  cmd: 0x38,
  privilege: null,
  repeatable: true,
  encodeRequest: ({ channel, privilege, extended }) =>
    Uint8Array.of((extended ? 0x80 : 0) | channel, privilege),
  decodeRequest: (data) => {
    if (data.length < 2) return 'truncated';
    return {
      channel: u8(data, 0) & 0x0f,
      privilege: u8(data, 1) & 0x0f,
      extended: (u8(data, 0) & 0x80) !== 0,
    };
  },
  encodeResponse: (capabilities) =>
    Uint8Array.of(
      capabilities.channel,
      (capabilities.rmcp_plus ? 0x80 : 0) | capabilities.authentication_types,
      (capabilities.two_key_login ? 0x20 : 0) | capabilities.logins,
      (capabilities.rmcp_plus ? 0x02 : 0) | (capabilities.ipmi_v15 ? 0x01 : 0),
      0,
      0,
      0,
      0,
    ),
  decodeResponse: (data) => {
    if (data.length < 8) return 'truncated';
    return {
      channel: u8(data, 0) & 0x0f,
      authentication_types: u8(data, 1) & 0x3f,
      rmcp_plus: (u8(data, 1) & 0x80) !== 0 && (u8(data, 3) & 0x02) !== 0,
      ipmi_v15: (u8(data, 3) & 0x01) !== 0,
      two_key_login: (u8(data, 2) & 0x20) !== 0,
      logins: u8(data, 2) & 0x07,
    };
  },
};
