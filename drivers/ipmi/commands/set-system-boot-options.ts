import { u8 } from '../codec/bytes.ts';
import { type Command, emptyResponse, NETFN, type Nothing, PRIVILEGE } from './command.ts';

/** IPMI v2.0 28.12. `data` is the parameter's own: see boot-options. */
export const setSystemBootOptions: Command<{ parameter: number; data: Uint8Array }, Nothing> = {
  name: 'Set System Boot Options',
  netfn: NETFN.chassis,
  cmd: 0x08,
  privilege: PRIVILEGE.operator,
  completion_codes: {
    0x80: 'boot option parameter not supported',
    0x81: 'another console is setting boot options',
    0x82: 'boot option parameter is read-only',
  },
  encodeRequest: ({ parameter, data }) => Uint8Array.of(parameter, ...data),
  decodeRequest: (data) => {
    if (data.length < 1) return 'truncated';
    return { parameter: u8(data, 0) & 0x7f, data: data.subarray(1) };
  },
  ...emptyResponse,
};
