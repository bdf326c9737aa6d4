import { checksum, u8 } from './bytes.ts';
import type { Flaw } from './flaw.ts';

/** The IPMI message of LAN channels, the payload of type `ipmi`. IPMI v2.0 13.8 */

export const BMC_ADDRESS = 0x20;
/** Software id of remote consoles. IPMI v2.0 5.5 */
export const CONSOLE_ADDRESS = 0x81;
const SHORTEST_REQUEST = 7;
const SHORTEST_RESPONSE = 8;

export interface RequestMessage {
  /** Even. */
  netfn: number;
  cmd: number;
  /** 0..63, repeated by the response. */
  rq_seq: number;
  data: Uint8Array;
  /** Responder's LUN. */
  lun: number;
  rs_addr: number;
  rq_addr: number;
}

export interface ResponseMessage {
  /** Odd: the request's plus 1. */
  netfn: number;
  cmd: number;
  rq_seq: number;
  completion_code: number;
  data: Uint8Array;
  rs_addr: number;
  rq_addr: number;
}

/** Addresses by default: of a remote console to the BMC. */
export function encodeRequest(
  request: Pick<RequestMessage, 'netfn' | 'cmd' | 'rq_seq' | 'data'> &
    Partial<Pick<RequestMessage, 'lun' | 'rs_addr' | 'rq_addr'>>,
): Uint8Array {
  const message = new Uint8Array(SHORTEST_REQUEST + request.data.length);
  message[0] = request.rs_addr ?? BMC_ADDRESS;
  message[1] = (request.netfn << 2) | (request.lun ?? 0);
  message[2] = checksum(message, 0, 2);
  message[3] = request.rq_addr ?? CONSOLE_ADDRESS;
  message[4] = request.rq_seq << 2;
  message[5] = request.cmd;
  message.set(request.data, 6);
  message[message.length - 1] = checksum(message, 3, message.length - 1);
  return message;
}

export function decodeRequest(message: Uint8Array): RequestMessage | Flaw {
  if (message.length < SHORTEST_REQUEST) return 'truncated';
  if (!checksumsHold(message)) return 'bad-checksum';
  const netfn = u8(message, 1) >> 2;
  if ((netfn & 1) !== 0) return 'malformed';
  return {
    rs_addr: u8(message, 0),
    netfn,
    lun: u8(message, 1) & 3,
    rq_addr: u8(message, 3),
    rq_seq: u8(message, 4) >> 2,
    cmd: u8(message, 5),
    data: message.subarray(6, -1),
  };
}

/** The answer to `request`. */
export function encodeResponse(
  request: RequestMessage,
  completion_code: number,
  data: Uint8Array,
): Uint8Array {
  const message = new Uint8Array(SHORTEST_RESPONSE + data.length);
  message[0] = request.rq_addr;
  message[1] = (request.netfn | 1) << 2;
  message[2] = checksum(message, 0, 2);
  message[3] = request.rs_addr;
  message[4] = (request.rq_seq << 2) | request.lun;
  message[5] = request.cmd;
  message[6] = completion_code;
  message.set(data, 7);
  message[message.length - 1] = checksum(message, 3, message.length - 1);
  return message;
}

export function decodeResponse(message: Uint8Array): ResponseMessage | Flaw {
  if (message.length < SHORTEST_RESPONSE) return 'truncated';
  if (!checksumsHold(message)) return 'bad-checksum';
  return decodeEmbeddedResponse(message);
}

/** A response inside another message, whose checksums hold: some controllers get those inside wrong. */
export function decodeEmbeddedResponse(message: Uint8Array): ResponseMessage | Flaw {
  if (message.length < SHORTEST_RESPONSE) return 'truncated';
  const netfn = u8(message, 1) >> 2;
  if ((netfn & 1) === 0) return 'malformed';
  return {
    rq_addr: u8(message, 0),
    netfn,
    rs_addr: u8(message, 3),
    rq_seq: u8(message, 4) >> 2,
    cmd: u8(message, 5),
    completion_code: u8(message, 6),
    data: message.subarray(7, -1),
  };
}

function checksumsHold(message: Uint8Array): boolean {
  const last = message.length - 1;
  return checksum(message, 0, 2) === message[2] && checksum(message, 3, last) === message[last];
}
