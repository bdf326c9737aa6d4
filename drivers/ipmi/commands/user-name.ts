import { u8 } from '../codec/bytes.ts';
import { MAX_USERNAME } from '../codec/rakp.ts';
import { type Command, emptyResponse, NETFN, type Nothing, PRIVILEGE } from './command.ts';

function padded(name: string): Uint8Array {
  const bytes = new Uint8Array(MAX_USERNAME);
  bytes.set(Buffer.from(name, 'utf8').subarray(0, MAX_USERNAME));
  return bytes;
}

function nameOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8');
}

/** IPMI v2.0 22.29 */
export const getUserName: Command<{ user_id: number }, { name: string }> = {
  name: 'Get User Name',
  netfn: NETFN.app,
  cmd: 0x46,
  privilege: PRIVILEGE.operator,
  encodeRequest: ({ user_id }) => Uint8Array.of(user_id),
  decodeRequest: (data) => (data.length < 1 ? 'truncated' : { user_id: u8(data, 0) & 0x3f }),
  encodeResponse: ({ name }) => padded(name),
  decodeResponse: (data) =>
    data.length < MAX_USERNAME ? 'truncated' : { name: nameOf(data.subarray(0, MAX_USERNAME)) },
};

/** Empties the place when the name is empty. IPMI v2.0 22.28 */
export const setUserName: Command<{ user_id: number; name: string }, Nothing> = {
  name: 'Set User Name',
  netfn: NETFN.app,
  cmd: 0x45,
  privilege: PRIVILEGE.administrator,
  encodeRequest: ({ user_id, name }) => Uint8Array.of(user_id, ...padded(name)),
  decodeRequest: (data) => {
    if (data.length < 1 + MAX_USERNAME) return 'truncated';
    return { user_id: u8(data, 0) & 0x3f, name: nameOf(data.subarray(1, 1 + MAX_USERNAME)) };
  },
  ...emptyResponse,
};
