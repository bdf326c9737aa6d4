import { putU32, u8, u32 } from '../codec/bytes.ts';
import { type Command, NETFN } from './command.ts';
import { CHALLENGE_LENGTH } from './get-session-challenge.ts';

export interface SessionActivation {
  auth_type: number;
  /** Highest level wanted. */
  privilege: number;
  challenge: Uint8Array;
  /** Of the first packet that the BMC sends in the session; not 0. */
  outbound_sequence: number;
}

export interface ActivatedSession {
  /** Of all further packets. */
  auth_type: number;
  session_id: number;
  /** Of the first packet that the console sends in the session. */
  inbound_sequence: number;
  privilege: number;
}

const REQUEST_LENGTH = 6 + CHALLENGE_LENGTH;

/** v1.5: proves the password by the auth code of its own packet. IPMI v2.0 22.17 */
export const activateSession: Command<SessionActivation, ActivatedSession> = {
  name: 'Activate Session',
  netfn: NETFN.app,
  cmd: 0x3a,
  privilege: null,
  repeatable: true,
  completion_codes: {
    0x81: 'the BMC has no free session',
    0x82: 'the user has no free session',
    0x83: 'no free session at that privilege level',
    0x84: 'session sequence number out of range',
    0x85: 'invalid session id',
    0x86: 'the privilege level exceeds the limit of the channel or the user',
  },
  encodeRequest: ({ auth_type, privilege, challenge, outbound_sequence }) => {
    const data = new Uint8Array(REQUEST_LENGTH);
    data[0] = auth_type;
    data[1] = privilege;
    data.set(challenge.subarray(0, CHALLENGE_LENGTH), 2);
    putU32(data, 2 + CHALLENGE_LENGTH, outbound_sequence);
    return data;
  },
  decodeRequest: (data) =>
    data.length < REQUEST_LENGTH
      ? 'truncated'
      : {
          auth_type: u8(data, 0) & 0x0f,
          privilege: u8(data, 1) & 0x0f,
          challenge: data.subarray(2, 2 + CHALLENGE_LENGTH),
          outbound_sequence: u32(data, 2 + CHALLENGE_LENGTH),
        },
  encodeResponse: ({ auth_type, session_id, inbound_sequence, privilege }) => {
    const data = new Uint8Array(10);
    data[0] = auth_type;
    putU32(data, 1, session_id);
    putU32(data, 5, inbound_sequence);
    data[9] = privilege;
    return data;
  },
  decodeResponse: (data) =>
    data.length < 10
      ? 'truncated'
      : {
          auth_type: u8(data, 0) & 0x0f,
          session_id: u32(data, 1),
          inbound_sequence: u32(data, 5),
          privilege: u8(data, 9) & 0x0f,
        },
};
