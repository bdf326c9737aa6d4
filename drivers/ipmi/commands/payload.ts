import { putU16, putU32, u8, u16, u32 } from '../codec/bytes.ts';
import { PAYLOAD_TYPE } from '../codec/packet.ts';
import { RMCP_PORT } from '../codec/rmcp.ts';
import { type Command, emptyResponse, NETFN, type Nothing, PRIVILEGE } from './command.ts';

/** Payloads beside IPMI messages in a session, of which Serial over LAN is the only standard one. IPMI v2.0 24 */

interface PayloadInstance {
  payload_type: number;
  /** From 1 on; SOL has one. */
  instance: number;
}

export const SOL_INSTANCE: PayloadInstance = Object.freeze({ payload_type: PAYLOAD_TYPE.sol, instance: 1 });

export interface Activation extends PayloadInstance {
  encrypted: boolean;
  authenticated: boolean;
}

/** Auxiliary data of SOL. IPMI v2.0 table 24-2 */
const ENCRYPTED = 0x80;
const AUTHENTICATED = 0x40;
const AUXILIARY_LENGTH = 4;

function putInstance({ payload_type, instance }: PayloadInstance, length: number): Uint8Array {
  const data = new Uint8Array(length);
  data[0] = payload_type;
  data[1] = instance;
  return data;
}

function instanceOf(data: Uint8Array): PayloadInstance | 'truncated' {
  return data.length < 2 ? 'truncated' : { payload_type: u8(data, 0) & 0x3f, instance: u8(data, 1) & 0x0f };
}

/** IPMI v2.0 24.1. The sizes are of whole payloads, the SOL header included. */
export const activatePayload: Command<
  Activation,
  { inbound_size: number; outbound_size: number; port: number }
> = {
  name: 'Activate Payload',
  netfn: NETFN.app,
  cmd: 0x48,
  privilege: PRIVILEGE.user,
  completion_codes: {
    0x80: 'payload already active on another session',
    0x81: 'payload type disabled',
    0x82: 'payload activation limit reached',
    0x83: 'cannot activate payload with encryption',
    0x84: 'cannot activate payload without encryption',
  },
  encodeRequest: (request) => {
    const data = putInstance(request, 2 + AUXILIARY_LENGTH);
    data[2] = (request.encrypted ? ENCRYPTED : 0) | (request.authenticated ? AUTHENTICATED : 0);
    return data;
  },
  decodeRequest: (data) => {
    const instance = instanceOf(data);
    if (typeof instance === 'string' || data.length < 2 + AUXILIARY_LENGTH) return 'truncated';
    const flags = u8(data, 2);
    return {
      ...instance,
      encrypted: (flags & ENCRYPTED) !== 0,
      authenticated: (flags & AUTHENTICATED) !== 0,
    };
  },
  encodeResponse: ({ inbound_size, outbound_size, port }) => {
    const data = new Uint8Array(12);
    putU16(data, 4, inbound_size);
    putU16(data, 6, outbound_size);
    putU16(data, 8, port);
    putU16(data, 10, 0xffff); // no VLAN
    return data;
  },
  decodeResponse: (data) => {
    if (data.length < 8) return 'truncated';
    return {
      inbound_size: u16(data, 4),
      outbound_size: u16(data, 6),
      port: data.length < 10 ? RMCP_PORT : u16(data, 8),
    };
  },
};

/** IPMI v2.0 24.2 */
export const deactivatePayload: Command<PayloadInstance, Nothing> = {
  name: 'Deactivate Payload',
  netfn: NETFN.app,
  cmd: 0x49,
  privilege: PRIVILEGE.user,
  completion_codes: { 0x80: 'payload already deactivated', 0x81: 'payload type disabled' },
  encodeRequest: (request) => putInstance(request, 2 + AUXILIARY_LENGTH),
  decodeRequest: instanceOf,
  ...emptyResponse,
};

/** IPMI v2.0 24.4. Bit n of `active`: instance n + 1 is. */
export const getPayloadActivationStatus: Command<
  { payload_type: number },
  { capacity: number; active: number }
> = {
  name: 'Get Payload Activation Status',
  netfn: NETFN.app,
  cmd: 0x4a,
  privilege: PRIVILEGE.user,
  encodeRequest: ({ payload_type }) => Uint8Array.of(payload_type),
  decodeRequest: (data) => (data.length < 1 ? 'truncated' : { payload_type: u8(data, 0) & 0x3f }),
  encodeResponse: ({ capacity, active }) => Uint8Array.of(capacity, active & 0xff, active >> 8),
  decodeResponse: (data) =>
    data.length < 3 ? 'truncated' : { capacity: u8(data, 0) & 0x0f, active: u16(data, 1) },
};

/** IPMI v2.0 24.5. Session id 0: the instance is not active. */
export const getPayloadInstanceInfo: Command<PayloadInstance, { session_id: number; serial_port: number }> = {
  name: 'Get Payload Instance Info',
  netfn: NETFN.app,
  cmd: 0x4b,
  privilege: PRIVILEGE.user,
  encodeRequest: (request) => putInstance(request, 2),
  decodeRequest: instanceOf,
  encodeResponse: ({ session_id, serial_port }) => {
    const data = new Uint8Array(12);
    putU32(data, 0, session_id);
    data[4] = serial_port;
    return data;
  },
  decodeResponse: (data) =>
    data.length < 5 ? 'truncated' : { session_id: u32(data, 0), serial_port: u8(data, 4) },
};

/** IPMI v2.0 24.8. Bit n of `standard`: payload type n is supported. */
export const getChannelPayloadSupport: Command<{ channel: number }, { standard: number; setup: number }> = {
  name: 'Get Channel Payload Support',
  netfn: NETFN.app,
  cmd: 0x4e,
  privilege: PRIVILEGE.user,
  encodeRequest: ({ channel }) => Uint8Array.of(channel),
  decodeRequest: (data) => (data.length < 1 ? 'truncated' : { channel: u8(data, 0) & 0x0f }),
  encodeResponse: ({ standard, setup }) => {
    const data = new Uint8Array(8);
    putU16(data, 0, standard);
    putU16(data, 2, setup);
    return data;
  },
  decodeResponse: (data) => (data.length < 4 ? 'truncated' : { standard: u16(data, 0), setup: u16(data, 2) }),
};

/** IPMI v2.0 24.9. `version`: major in the high four bits, minor in the low ones. */
export const getChannelPayloadVersion: Command<
  { channel: number; payload_type: number },
  { version: number }
> = {
  name: 'Get Channel Payload Version',
  netfn: NETFN.app,
  cmd: 0x4f,
  privilege: PRIVILEGE.user,
  completion_codes: { 0x80: 'payload type not available on the channel' },
  encodeRequest: ({ channel, payload_type }) => Uint8Array.of(channel, payload_type),
  decodeRequest: (data) =>
    data.length < 2 ? 'truncated' : { channel: u8(data, 0) & 0x0f, payload_type: u8(data, 1) },
  encodeResponse: ({ version }) => Uint8Array.of(version),
  decodeResponse: (data) => (data.length < 1 ? 'truncated' : { version: u8(data, 0) }),
};
