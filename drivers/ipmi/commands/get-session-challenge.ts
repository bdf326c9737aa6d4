import { putU32, u8, u32 } from '../codec/bytes.ts';
import { MAX_USERNAME } from '../codec/rakp.ts';
import { type Command, NETFN } from './command.ts';

export const CHALLENGE_LENGTH = 16;

/** v1.5: begins a log-in. The session id is for Activate Session alone. IPMI v2.0 22.16 */
export const getSessionChallenge: Command<
  { auth_type: number; username: Uint8Array },
  { session_id: number; challenge: Uint8Array }
> = {
  name: 'Get Session Challenge',
  netfn: NETFN.app,
  cmd: 0x39,
  privilege: null,
  repeatable: true,
  completion_codes: { 0x81: 'the BMC does not know the user', 0x82: 'the null user is disabled' },
  encodeRequest: ({ auth_type, username }) => {
    const data = new Uint8Array(1 + MAX_USERNAME);
    data[0] = auth_type;
    data.set(username.subarray(0, MAX_USERNAME), 1);
    return data;
  },
  decodeRequest: (data) => {
    if (data.length < 1 + MAX_USERNAME) return 'truncated';
    const name = data.subarray(1, 1 + MAX_USERNAME);
    const end = name.indexOf(0);
    return { auth_type: u8(data, 0) & 0x0f, username: end === -1 ? name : name.subarray(0, end) };
  },
  encodeResponse: ({ session_id, challenge }) => {
    const data = new Uint8Array(4 + CHALLENGE_LENGTH);
    putU32(data, 0, session_id);
    data.set(challenge.subarray(0, CHALLENGE_LENGTH), 4);
    return data;
  },
  decodeResponse: (data) =>
    data.length < 4 + CHALLENGE_LENGTH
      ? 'truncated'
      : { session_id: u32(data, 0), challenge: data.subarray(4, 4 + CHALLENGE_LENGTH) },
};
