import { u8, u16 } from './bytes.ts';
import type { Flaw } from './flaw.ts';

/** RMCP, the envelope of everything on UDP port 623. IPMI v2.0 13.1.3, ASF v2.0 3.2 */

export const RMCP_PORT = 623;
export const RMCP_HEADER_LENGTH = 4;
/** Classes of message. */
export const RMCP_CLASS = { asf: 0x06, ipmi: 0x07 } as const;

const RMCP_VERSION = 0x06;
/** Sequence number of messages that want no RMCP acknowledge: all of IPMI's. */
const NO_ACKNOWLEDGE = 0xff;
const ASF_IANA = 4542;
const ASF_PING = 0x80;
const ASF_PONG = 0x40;

export function putRmcpHeader(datagram: Uint8Array, rmcp_class: number, sequence = NO_ACKNOWLEDGE): void {
  datagram[0] = RMCP_VERSION;
  datagram[1] = 0;
  datagram[2] = sequence;
  datagram[3] = rmcp_class;
}

/** Tells what a datagram carries. */
export function rmcpClass(datagram: Uint8Array): 'ipmi' | 'asf' | Flaw {
  if (datagram.length < RMCP_HEADER_LENGTH) return 'truncated';
  if (datagram[0] !== RMCP_VERSION) return 'malformed';
  const rmcp_class = datagram[3];
  if (rmcp_class === RMCP_CLASS.ipmi) return 'ipmi';
  return rmcp_class === RMCP_CLASS.asf ? 'asf' : 'unsupported';
}

/** Presence ping. ASF v2.0 3.2.4.2, IPMI v2.0 13.2.3 */
export function encodePresencePing(tag: number): Uint8Array {
  const datagram = new Uint8Array(12);
  putRmcpHeader(datagram, RMCP_CLASS.asf, 0);
  datagram.set([0, 0, ASF_IANA >> 8, ASF_IANA & 0xff, ASF_PING, tag, 0, 0], 4);
  return datagram;
}

export function decodePresencePing(datagram: Uint8Array): { tag: number } | Flaw {
  return decodeAsf(datagram, ASF_PING);
}

/** Presence pong of a machine that speaks IPMI. ASF v2.0 3.2.4.3, IPMI v2.0 13.2.4 */
export function encodePresencePong(tag: number): Uint8Array {
  const datagram = new Uint8Array(28);
  putRmcpHeader(datagram, RMCP_CLASS.asf, 0);
  datagram.set([0, 0, ASF_IANA >> 8, ASF_IANA & 0xff, ASF_PONG, tag, 0, 16], 4);
  datagram.set([0, 0, ASF_IANA >> 8, ASF_IANA & 0xff], 12);
  datagram[20] = 0x81; // supports IPMI, ASF v1.0
  return datagram;
}

export function decodePresencePong(datagram: Uint8Array): { tag: number; ipmi: boolean } | Flaw {
  const pong = decodeAsf(datagram, ASF_PONG);
  if (typeof pong === 'string') return pong;
  if (datagram.length < 28) return 'truncated';
  return { tag: pong.tag, ipmi: (u8(datagram, 20) & 0x80) !== 0 };
}

function decodeAsf(datagram: Uint8Array, type: number): { tag: number } | Flaw {
  if (datagram.length < 12) return 'truncated';
  if (rmcpClass(datagram) !== 'asf' || datagram[8] !== type) return 'malformed';
  // Network byte order, unlike all of IPMI.
  const is_asf = u16(datagram, 4) === 0 && ((u8(datagram, 6) << 8) | u8(datagram, 7)) === ASF_IANA;
  return is_asf ? { tag: u8(datagram, 9) } : 'malformed';
}
