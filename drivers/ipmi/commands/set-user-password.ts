import { u8 } from '../codec/bytes.ts';
import { type Command, emptyResponse, NETFN, type Nothing, PRIVILEGE } from './command.ts';

export const PASSWORD_OPERATION = { disable: 0, enable: 1, set: 2, test: 3 } as const;
type Operation = (typeof PASSWORD_OPERATION)[keyof typeof PASSWORD_OPERATION];

export interface UserPassword {
  user_id: number;
  operation: Operation;
  /** Empty unless it is set or tested; stored with 20 bytes when it is longer than 16. */
  password: Uint8Array;
}

const SHORT = 16;
const LONG = 20;
const LONG_FLAG = 0x80;

/** IPMI v2.0 22.30 */
export const setUserPassword: Command<UserPassword, Nothing> = {
  name: 'Set User Password',
  netfn: NETFN.app,
  cmd: 0x47,
  privilege: PRIVILEGE.administrator,
  completion_codes: { 0x80: 'password test failed', 0x81: 'wrong password size' },
  encodeRequest: ({ user_id, operation, password }) => {
    const carries = operation >= PASSWORD_OPERATION.set;
    const long = password.length > SHORT;
    const data = new Uint8Array(2 + (carries ? (long ? LONG : SHORT) : 0));
    data[0] = (long ? LONG_FLAG : 0) | user_id;
    data[1] = operation;
    if (carries) data.set(password.subarray(0, LONG), 2);
    return data;
  },
  decodeRequest: (data) => {
    if (data.length < 2) return 'truncated';
    const operation = (u8(data, 1) & 0x03) as Operation;
    const carries = operation >= PASSWORD_OPERATION.set;
    const length = (u8(data, 0) & LONG_FLAG) !== 0 ? LONG : SHORT;
    if (carries && data.length < 2 + length) return 'truncated';
    let end = carries ? 2 + length : 2;
    while (end > 2 && data[end - 1] === 0) end -= 1;
    return { user_id: u8(data, 0) & 0x3f, operation, password: data.subarray(2, end) };
  },
  ...emptyResponse,
};
