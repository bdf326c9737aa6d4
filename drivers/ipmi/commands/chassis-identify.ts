import { u8 } from '../codec/bytes.ts';
import { type Command, emptyResponse, NETFN, type Nothing, PRIVILEGE } from './command.ts';

/** Seconds that the lamp is lit when a request names none. */
const DEFAULT_SECONDS = 15;

/** IPMI v2.0 28.5. Seconds 0: off; `forever` needs a BMC of IPMI v2.0. */
export const chassisIdentify: Command<{ seconds: number; forever: boolean }, Nothing> = {
  name: 'Chassis Identify',
  netfn: NETFN.chassis,
  cmd: 0x04,
  privilege: PRIVILEGE.operator,
  // The second byte only when it says something: older BMCs refuse a request that has it.
  encodeRequest: ({ seconds, forever }) => (forever ? Uint8Array.of(0, 1) : Uint8Array.of(seconds)),
  decodeRequest: (data) => ({
    seconds: data.length < 1 ? DEFAULT_SECONDS : u8(data, 0),
    forever: (u8(data, 1) & 1) !== 0,
  }),
  ...emptyResponse,
};
