import { u8 } from '../codec/bytes.ts';
import { type Command, NETFN, PRIVILEGE } from './command.ts';

export interface SentMessage {
  /** Where to: 0 is the IPMB that satellite controllers are on. IPMI v2.0 table 6-1 */
  channel: number;
  /** A whole message, from the responder's address to the last checksum. */
  message: Uint8Array;
}

/** The BMC keeps in mind who asked, and sends the answer there. IPMI v2.0 6.13.1 */
const TRACKED = 0x40;

/**
 * Hands a message on to another controller. A console is answered with nothing, and then by the other controller; one that sits on an
 * IPMB gets that answer as data, as a whole message. IPMI v2.0 22.7
 */
export const sendMessage: Command<SentMessage, Uint8Array> = {
  name: 'Send Message',
  netfn: NETFN.app,
  cmd: 0x34,
  privilege: PRIVILEGE.operator,
  completion_codes: {
    0x80: 'invalid session handle',
    0x81: 'lost arbitration on the bus to the other controller',
    0x82: 'an error on the bus to the other controller',
    0x83: 'no controller at that address',
  },
  encodeRequest: ({ channel, message }) => Uint8Array.of(TRACKED | channel, ...message),
  decodeRequest: (data) =>
    data.length < 8 ? 'truncated' : { channel: u8(data, 0) & 0x0f, message: data.subarray(1) },
  encodeResponse: (message) => message,
  decodeResponse: (data) => data,
};
