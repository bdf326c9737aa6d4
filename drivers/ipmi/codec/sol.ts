import { u8 } from './bytes.ts';
import type { Flaw } from './flaw.ts';

/** The packets of Serial over LAN, the payload of type `sol`. IPMI v2.0 15.9 */

export const SOL_HEADER_LENGTH = 4;
/** The count of accepted characters is one byte: no packet may carry more. */
export const MAX_SOL_CHARACTERS = 255;
/** Packet sequence numbers go from 1 to 15 and begin again at 1. */
export const LAST_SOL_SEQUENCE = 15;

/** The fourth byte from a console: what the BMC shall do. IPMI v2.0 table 15-2 */
export const SOL_OPERATION = {
  nack: 0x40,
  ringWor: 0x20,
  sendBreak: 0x10,
  ctsPause: 0x08,
  dropDcdDsr: 0x04,
  flushInbound: 0x02,
  flushOutbound: 0x01,
} as const;

/** The fourth byte from a BMC: how it stands. IPMI v2.0 table 15-2 */
export const SOL_STATUS = {
  nack: 0x40,
  unavailable: 0x20,
  deactivated: 0x10,
  overrun: 0x08,
  breakDetected: 0x04,
} as const;

export interface SolPacket {
  /** 0: nothing to acknowledge, and no characters. */
  sequence: number;
  /** The packet that is acknowledged; 0: none. */
  acked_sequence: number;
  /** Characters accepted of the packet that is acknowledged. */
  accepted: number;
  /** Bits of SOL_OPERATION from a console, of SOL_STATUS from a BMC. */
  flags: number;
  characters: Uint8Array;
}

export function encodeSolPacket(packet: SolPacket): Uint8Array {
  const payload = new Uint8Array(SOL_HEADER_LENGTH + packet.characters.length);
  payload[0] = packet.sequence & 0x0f;
  payload[1] = packet.acked_sequence & 0x0f;
  payload[2] = packet.accepted;
  payload[3] = packet.flags;
  payload.set(packet.characters, SOL_HEADER_LENGTH);
  return payload;
}

/** `characters` is a view. */
export function decodeSolPacket(payload: Uint8Array): SolPacket | Flaw {
  if (payload.length < SOL_HEADER_LENGTH) return 'truncated';
  if (payload.length > SOL_HEADER_LENGTH + MAX_SOL_CHARACTERS) return 'oversized';
  return {
    sequence: u8(payload, 0) & 0x0f,
    acked_sequence: u8(payload, 1) & 0x0f,
    accepted: u8(payload, 2),
    flags: u8(payload, 3),
    characters: payload.subarray(SOL_HEADER_LENGTH),
  };
}

/** The number after `sequence`. */
export function nextSolSequence(sequence: number): number {
  return (sequence % LAST_SOL_SEQUENCE) + 1;
}
