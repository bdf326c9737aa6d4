import { u8 } from '../codec/bytes.ts';
import { type Command, NETFN, PRIVILEGE } from './command.ts';

const PARAMETER_VERSION = 0x01;

/** IPMI v2.0 28.13. `data` is the parameter's own: see boot-options. */
export const getSystemBootOptions: Command<
  { parameter: number },
  { parameter: number; invalid: boolean; data: Uint8Array }
> = {
  name: 'Get System Boot Options',
  netfn: NETFN.chassis,
  cmd: 0x09,
  privilege: PRIVILEGE.operator,
  repeatable: true,
  completion_codes: { 0x80: 'boot option parameter not supported' },
  encodeRequest: ({ parameter }) => Uint8Array.of(parameter, 0, 0),
  decodeRequest: (data) => (data.length < 1 ? 'truncated' : { parameter: u8(data, 0) & 0x7f }),
  encodeResponse: ({ parameter, invalid, data }) =>
    Uint8Array.of(PARAMETER_VERSION, (invalid ? 0x80 : 0) | parameter, ...data),
  decodeResponse: (data) => {
    if (data.length < 2) return 'truncated';
    return {
      parameter: u8(data, 1) & 0x7f,
      invalid: (u8(data, 1) & 0x80) !== 0,
      data: data.subarray(2),
    };
  },
};
