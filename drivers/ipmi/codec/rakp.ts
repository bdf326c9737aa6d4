import { putU32, u8, u32 } from './bytes.ts';
import type { Flaw } from './flaw.ts';

/** The four messages of the RMCP+ authenticated key exchange. IPMI v2.0 13.20 to 13.23 */

export const RANDOM_LENGTH = 16;
export const GUID_LENGTH = 16;
export const MAX_USERNAME = 16;
/** Role flag: look the user up by name alone, not by name and privilege. */
export const NAME_ONLY_LOOKUP = 0x10;
/** No authentication algorithm of RAKP makes a longer one. */
const MAX_AUTH_CODE = 64;

export interface Rakp1 {
  tag: number;
  managed_session_id: number;
  console_random: Uint8Array;
  /** Requested privilege level, and NAME_ONLY_LOOKUP. Part of every hash as sent. */
  role: number;
  username: Uint8Array;
}

export interface Rakp2 {
  tag: number;
  /** RMCP+ status code; all that follows the session id is empty unless it is 0. */
  status: number;
  console_session_id: number;
  managed_random: Uint8Array;
  guid: Uint8Array;
  auth_code: Uint8Array;
}

export interface Rakp3 {
  tag: number;
  status: number;
  managed_session_id: number;
  auth_code: Uint8Array;
}

export interface Rakp4 {
  tag: number;
  status: number;
  console_session_id: number;
  integrity_check: Uint8Array;
}

export function encodeRakp1(message: Rakp1): Uint8Array {
  const payload = new Uint8Array(28 + message.username.length);
  payload[0] = message.tag;
  putU32(payload, 4, message.managed_session_id);
  payload.set(message.console_random, 8);
  payload[24] = message.role;
  payload[27] = message.username.length;
  payload.set(message.username, 28);
  return payload;
}

export function decodeRakp1(payload: Uint8Array): Rakp1 | Flaw {
  if (payload.length < 28) return 'truncated';
  const end = 28 + u8(payload, 27);
  if (end > 28 + MAX_USERNAME) return 'malformed';
  if (payload.length < end) return 'truncated';
  // freeipmi and some BMC firmware always send 16 bytes of name, padded with zeros.
  if (payload.length > 28 + MAX_USERNAME) return 'oversized';
  return {
    tag: u8(payload, 0),
    managed_session_id: u32(payload, 4),
    console_random: payload.subarray(8, 24),
    role: u8(payload, 24),
    username: payload.subarray(28, end),
  };
}

export function encodeRakp2(message: Rakp2): Uint8Array {
  if (message.status !== 0) return encodeHead(message.tag, message.status, message.console_session_id, NONE);
  const payload = new Uint8Array(40 + message.auth_code.length);
  payload[0] = message.tag;
  putU32(payload, 4, message.console_session_id);
  payload.set(message.managed_random, 8);
  payload.set(message.guid, 24);
  payload.set(message.auth_code, 40);
  return payload;
}

/** A refusal may end after the status: some BMCs send no session id. */
export function decodeRakp2(payload: Uint8Array): Rakp2 | Flaw {
  if (payload.length < 2) return 'truncated';
  const status = u8(payload, 1);
  const head = { tag: u8(payload, 0), status, console_session_id: u32(payload, 4) };
  if (status !== 0) return { ...head, managed_random: NONE, guid: NONE, auth_code: NONE };
  if (payload.length < 40) return 'truncated';
  if (payload.length > 40 + MAX_AUTH_CODE) return 'oversized';
  return {
    ...head,
    managed_random: payload.subarray(8, 24),
    guid: payload.subarray(24, 40),
    auth_code: payload.subarray(40),
  };
}

export function encodeRakp3(message: Rakp3): Uint8Array {
  return encodeHead(message.tag, message.status, message.managed_session_id, message.auth_code);
}

export function decodeRakp3(payload: Uint8Array): Rakp3 | Flaw {
  if (payload.length < 8) return 'truncated';
  if (payload.length > 8 + MAX_AUTH_CODE) return 'oversized';
  return {
    tag: u8(payload, 0),
    status: u8(payload, 1),
    managed_session_id: u32(payload, 4),
    auth_code: payload.subarray(8),
  };
}

export function encodeRakp4(message: Rakp4): Uint8Array {
  return encodeHead(message.tag, message.status, message.console_session_id, message.integrity_check);
}

/** A refusal may end after the status: some BMCs send no session id. */
export function decodeRakp4(payload: Uint8Array): Rakp4 | Flaw {
  if (payload.length < 2 || (payload.length < 8 && payload[1] === 0)) return 'truncated';
  if (payload.length > 8 + MAX_AUTH_CODE) return 'oversized';
  return {
    tag: u8(payload, 0),
    status: u8(payload, 1),
    console_session_id: u32(payload, 4),
    integrity_check: payload.subarray(8),
  };
}

const NONE = new Uint8Array(0);

function encodeHead(tag: number, status: number, session_id: number, rest: Uint8Array): Uint8Array {
  const payload = new Uint8Array(8 + rest.length);
  payload[0] = tag;
  payload[1] = status;
  putU32(payload, 4, session_id);
  payload.set(rest, 8);
  return payload;
}
