import { putU32, u8, u32 } from './bytes.ts';
import type { Flaw } from './flaw.ts';

/** RMCP+ Open Session. IPMI v2.0 13.17, 13.18 */

export interface Algorithms {
  authentication: number;
  integrity: number;
  confidentiality: number;
}

export interface OpenSessionRequest extends Algorithms {
  tag: number;
  /** Highest privilege level wanted; 0: the highest that the BMC grants. */
  privilege: number;
  console_session_id: number;
}

export interface OpenSessionResponse extends Algorithms {
  tag: number;
  /** RMCP+ status code; all that follows is meaningless unless it is 0. */
  status: number;
  privilege: number;
  console_session_id: number;
  managed_session_id: number;
}

const REQUEST_LENGTH = 32;
const RESPONSE_LENGTH = 36;

export function encodeOpenSessionRequest(request: OpenSessionRequest): Uint8Array {
  const payload = new Uint8Array(REQUEST_LENGTH);
  payload[0] = request.tag;
  payload[1] = request.privilege;
  putU32(payload, 4, request.console_session_id);
  putAlgorithms(payload, 8, request);
  return payload;
}

export function decodeOpenSessionRequest(payload: Uint8Array): OpenSessionRequest | Flaw {
  if (payload.length < REQUEST_LENGTH) return 'truncated';
  if (payload.length > REQUEST_LENGTH) return 'oversized';
  const algorithms = algorithmsAt(payload, 8);
  if (typeof algorithms === 'string') return algorithms;
  return {
    tag: u8(payload, 0),
    privilege: u8(payload, 1) & 0x0f,
    console_session_id: u32(payload, 4),
    ...algorithms,
  };
}

export function encodeOpenSessionResponse(response: OpenSessionResponse): Uint8Array {
  // A refusal ends after the console's session id: IPMI v2.0 table 13-10.
  const payload = new Uint8Array(response.status === 0 ? RESPONSE_LENGTH : 8);
  payload[0] = response.tag;
  payload[1] = response.status;
  payload[2] = response.privilege;
  putU32(payload, 4, response.console_session_id);
  if (response.status !== 0) return payload;
  putU32(payload, 8, response.managed_session_id);
  putAlgorithms(payload, 12, response);
  return payload;
}

/** A refusal may end after the status: some BMCs send no more. */
export function decodeOpenSessionResponse(payload: Uint8Array): OpenSessionResponse | Flaw {
  if (payload.length < 2) return 'truncated';
  if (payload.length > RESPONSE_LENGTH) return 'oversized';
  const head = {
    tag: u8(payload, 0),
    status: u8(payload, 1),
    privilege: u8(payload, 2) & 0x0f,
    console_session_id: u32(payload, 4),
  };
  if (head.status !== 0)
    return { ...head, managed_session_id: 0, authentication: 0, integrity: 0, confidentiality: 0 };
  if (payload.length < RESPONSE_LENGTH) return 'truncated';
  const algorithms = algorithmsAt(payload, 12);
  if (typeof algorithms === 'string') return algorithms;
  return { ...head, managed_session_id: u32(payload, 8), ...algorithms };
}

function putAlgorithms(payload: Uint8Array, at: number, algorithms: Algorithms): void {
  payload.set([0, 0, 0, 8, algorithms.authentication, 0, 0, 0], at);
  payload.set([1, 0, 0, 8, algorithms.integrity, 0, 0, 0], at + 8);
  payload.set([2, 0, 0, 8, algorithms.confidentiality, 0, 0, 0], at + 16);
}

function algorithmsAt(payload: Uint8Array, at: number): Algorithms | Flaw {
  for (let kind = 0; kind < 3; kind++) {
    const record = at + kind * 8;
    if (u8(payload, record) !== kind || u8(payload, record + 3) !== 8) return 'malformed';
  }
  return {
    authentication: u8(payload, at + 4) & 0x3f,
    integrity: u8(payload, at + 12) & 0x3f,
    confidentiality: u8(payload, at + 20) & 0x3f,
  };
}
