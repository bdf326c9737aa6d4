import { putU16, putU32, u8, u16, u32 } from './bytes.ts';
import type { Flaw } from './flaw.ts';
import { putRmcpHeader, RMCP_CLASS, RMCP_HEADER_LENGTH, rmcpClass } from './rmcp.ts';

/** Session headers: IPMI v2.0 RMCP+ and, for the messages before a session, the v1.5 one. IPMI v2.0 13.6 */

/** IPMI v2.0 13.27.3 */
export const PAYLOAD_TYPE = {
  ipmi: 0x00,
  sol: 0x01,
  openSessionRequest: 0x10,
  openSessionResponse: 0x11,
  rakp1: 0x12,
  rakp2: 0x13,
  rakp3: 0x14,
  rakp4: 0x15,
} as const;

/** Of v1.5 sessions; those of MD2 and OEM are not read. IPMI v2.0 table 13-8 */
export const AUTH_TYPE = { none: 0x00, md5: 0x02, password: 0x04 } as const;
export const AUTH_CODE_LENGTH = 16;

/** No IPMI datagram of ours or of a BMC is larger: payload and trailer are 8 and 16 bit long but LAN buffers are small. */
export const MAX_DATAGRAM = 1472;
export const V2_HEADER_LENGTH = 12;
const V15_HEADER_LENGTH = 10;
const AUTH_TYPE_RMCP_PLUS = 0x06;
const V15_TYPES: ReadonlySet<number> = new Set(Object.values(AUTH_TYPE));
const ENCRYPTED = 0x80;
const AUTHENTICATED = 0x40;
const PAYLOAD_TYPE_MASK = 0x3f;
const OEM_EXPLICIT = 0x02;
/** Integrity pad, pad length, next header. */
const NEXT_HEADER = 0x07;

const NO_CODE = new Uint8Array(0);

/** A datagram taken apart, still sealed. All byte fields are views into the datagram. */
export interface V2Packet {
  version: 2;
  payload_type: number;
  encrypted: boolean;
  authenticated: boolean;
  /** The receiver's session id; 0 outside a session. */
  session_id: number;
  sequence: number;
  payload: Uint8Array;
  /** What follows the payload: integrity pad, pad length, next header, auth code. Empty when not authenticated. */
  trailer: Uint8Array;
  /** What the auth code covers, followed by the auth code: from the auth type to the end. */
  signed: Uint8Array;
}

/** A datagram under the v1.5 header: in a v1.5 session, or, of type none, before any, as Get Channel Authentication Capabilities comes. */
export interface V15Packet {
  version: 1.5;
  /** It carries nothing else. */
  payload_type: typeof PAYLOAD_TYPE.ipmi;
  auth_type: number;
  session_id: number;
  sequence: number;
  /** Empty: the type is none. */
  auth_code: Uint8Array;
  payload: Uint8Array;
}

export type Packet = V2Packet | V15Packet;

/** Takes an IPMI datagram apart; neither checks its auth code nor decrypts it. */
export function decodePacket(datagram: Uint8Array): Packet | Flaw {
  if (datagram.length > MAX_DATAGRAM) return 'oversized';
  const rmcp_class = rmcpClass(datagram);
  if (rmcp_class !== 'ipmi') return rmcp_class === 'asf' ? 'unsupported' : rmcp_class;
  const body = datagram.subarray(RMCP_HEADER_LENGTH);
  if (body.length < 1) return 'truncated';
  if (body[0] === AUTH_TYPE_RMCP_PLUS) return decodeV2(body);
  return V15_TYPES.has(u8(body, 0)) ? decodeV15(body) : 'unsupported';
}

function decodeV2(body: Uint8Array): V2Packet | Flaw {
  if (body.length < V2_HEADER_LENGTH) return 'truncated';
  const flags = u8(body, 1);
  const payload_type = flags & PAYLOAD_TYPE_MASK;
  if (payload_type === OEM_EXPLICIT) return 'unsupported';
  const authenticated = (flags & AUTHENTICATED) !== 0;
  const end = V2_HEADER_LENGTH + u16(body, 10);
  if (end > body.length) return 'truncated';
  if (!authenticated && end < body.length) return 'oversized';
  return {
    version: 2,
    payload_type,
    encrypted: (flags & ENCRYPTED) !== 0,
    authenticated,
    session_id: u32(body, 2),
    sequence: u32(body, 6),
    payload: body.subarray(V2_HEADER_LENGTH, end),
    trailer: body.subarray(end),
    signed: body,
  };
}

function decodeV15(body: Uint8Array): V15Packet | Flaw {
  const auth_type = u8(body, 0);
  const code_end = V15_HEADER_LENGTH - 1 + (auth_type === AUTH_TYPE.none ? 0 : AUTH_CODE_LENGTH);
  if (body.length <= code_end) return 'truncated';
  const end = code_end + 1 + u8(body, code_end);
  if (end > body.length) return 'truncated';
  // One pad byte after the payload is legal: IPMI v2.0 13.6, "Legacy PAD".
  if (end + 1 < body.length) return 'oversized';
  return {
    version: 1.5,
    payload_type: PAYLOAD_TYPE.ipmi,
    auth_type,
    session_id: u32(body, 5),
    sequence: u32(body, 1),
    auth_code: body.subarray(V15_HEADER_LENGTH - 1, code_end),
    payload: body.subarray(code_end + 1, end),
  };
}

/** A datagram outside any session: session setup payloads and the messages before it. */
export function encodeV2Packet(payload_type: number, payload: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(RMCP_HEADER_LENGTH + V2_HEADER_LENGTH + payload.length);
  putRmcpHeader(datagram, RMCP_CLASS.ipmi);
  putV2Header(datagram, payload_type, 0, 0, payload.length);
  datagram.set(payload, RMCP_HEADER_LENGTH + V2_HEADER_LENGTH);
  return datagram;
}

/** A datagram under the v1.5 header outside any session. */
export function encodeV15Packet(payload: Uint8Array): Uint8Array {
  const outside = { auth_type: AUTH_TYPE.none, session_id: 0, sequence: 0, auth_code: NO_CODE };
  return encodeAuthenticatedV15Packet(outside, payload);
}

/** A datagram of a v1.5 session; its auth code is 16 bytes long, or empty with the type none. */
export function encodeAuthenticatedV15Packet(
  head: Pick<V15Packet, 'auth_type' | 'session_id' | 'sequence' | 'auth_code'>,
  payload: Uint8Array,
): Uint8Array {
  const code_at = RMCP_HEADER_LENGTH + V15_HEADER_LENGTH - 1;
  const code_end = code_at + head.auth_code.length;
  const datagram = new Uint8Array(code_end + 1 + payload.length);
  putRmcpHeader(datagram, RMCP_CLASS.ipmi);
  datagram[RMCP_HEADER_LENGTH] = head.auth_type;
  putU32(datagram, RMCP_HEADER_LENGTH + 1, head.sequence);
  putU32(datagram, RMCP_HEADER_LENGTH + 5, head.session_id);
  datagram.set(head.auth_code, code_at);
  datagram[code_end] = payload.length;
  datagram.set(payload, code_end + 1);
  return datagram;
}

/**
 * Lays out a sealed datagram: headers, payload, pad, with room for `auth_code_length` bytes at its end, which are the
 * auth code over everything from the auth type on. IPMI v2.0 13.6, 13.28.4
 */
export function encodeSealedPacket(
  packet: { payload_type: number; encrypted: boolean; session_id: number; sequence: number },
  payload: Uint8Array,
  auth_code_length: number,
): Uint8Array {
  const payload_end = RMCP_HEADER_LENGTH + V2_HEADER_LENGTH + payload.length;
  // The signed range, pad length and next header included, is a multiple of 4.
  const pad = -(V2_HEADER_LENGTH + payload.length + 2) & 3;
  const datagram = new Uint8Array(payload_end + pad + 2 + auth_code_length);
  putRmcpHeader(datagram, RMCP_CLASS.ipmi);
  const flags = AUTHENTICATED | (packet.encrypted ? ENCRYPTED : 0) | packet.payload_type;
  putV2Header(datagram, flags, packet.session_id, packet.sequence, payload.length);
  datagram.set(payload, RMCP_HEADER_LENGTH + V2_HEADER_LENGTH);
  datagram.fill(0xff, payload_end, payload_end + pad);
  datagram[payload_end + pad] = pad;
  datagram[payload_end + pad + 1] = NEXT_HEADER;
  return datagram;
}

/** Checks the trailer's layout for an auth code of that length. */
export function isTrailer(trailer: Uint8Array, auth_code_length: number): boolean {
  const pad = trailer.length - auth_code_length - 2;
  return pad >= 0 && trailer[pad] === pad && trailer[pad + 1] === NEXT_HEADER;
}

function putV2Header(
  datagram: Uint8Array,
  flags: number,
  session_id: number,
  sequence: number,
  payload_length: number,
): void {
  datagram[4] = AUTH_TYPE_RMCP_PLUS;
  datagram[5] = flags;
  putU32(datagram, 6, session_id);
  putU32(datagram, 10, sequence);
  putU16(datagram, 14, payload_length);
}
