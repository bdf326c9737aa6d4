import { u8 } from '../codec/bytes.ts';
import { type Command, NETFN, PRIVILEGE } from './command.ts';

/** IPMI v2.0 22.18. Privilege 0 asks for the present level; the response tells the new one. */
export const setSessionPrivilegeLevel: Command<{ privilege: number }, { privilege: number }> = {
  name: 'Set Session Privilege Level',
  netfn: NETFN.app,
  cmd: 0x3b,
  privilege: PRIVILEGE.user,
  repeatable: true,
  completion_codes: {
    0x80: 'the user may not have this privilege level',
    0x81: 'the privilege level exceeds the limit of the channel or the user',
    0x82: 'user level authentication cannot be disabled',
  },
  encodeRequest: ({ privilege }) => Uint8Array.of(privilege),
  decodeRequest: (data) => (data.length < 1 ? 'truncated' : { privilege: u8(data, 0) & 0x0f }),
  encodeResponse: ({ privilege }) => Uint8Array.of(privilege),
  decodeResponse: (data) => (data.length < 1 ? 'truncated' : { privilege: u8(data, 0) & 0x0f }),
};
