import { u8 } from '../codec/bytes.ts';
import { type Command, emptyResponse, NETFN, type Nothing, PRIVILEGE } from './command.ts';

/** Parameters of a channel that are read and set one by one: LAN and SOL have the same two commands. IPMI v2.0 23, 26 */

/** Values of parameter 0, `setInProgress`. */
export const SET_STATE = { complete: 0, inProgress: 1, commit: 2 } as const;

const PARAMETER_REVISION = 0x11;

export type GetConfiguration = Command<{ channel: number; parameter: number }, { data: Uint8Array }>;
export type SetConfiguration = Command<{ channel: number; parameter: number; data: Uint8Array }, Nothing>;

/** @param what the kind of parameters in the command's name */
export function getConfiguration(what: string, cmd: number): GetConfiguration {
  return {
    name: `Get ${what} Configuration Parameters`,
    netfn: NETFN.transport,
    cmd,
    privilege: PRIVILEGE.operator,
    completion_codes: { 0x80: 'parameter not supported' },
    encodeRequest: ({ channel, parameter }) => Uint8Array.of(channel, parameter, 0, 0),
    decodeRequest: (data) =>
      data.length < 2 ? 'truncated' : { channel: u8(data, 0) & 0x0f, parameter: u8(data, 1) },
    encodeResponse: ({ data }) => Uint8Array.of(PARAMETER_REVISION, ...data),
    decodeResponse: (data) => (data.length < 1 ? 'truncated' : { data: Uint8Array.from(data.subarray(1)) }),
  };
}

export function setConfiguration(what: string, cmd: number): SetConfiguration {
  return {
    name: `Set ${what} Configuration Parameters`,
    netfn: NETFN.transport,
    cmd,
    privilege: PRIVILEGE.administrator,
    completion_codes: {
      0x80: 'parameter not supported',
      0x81: `a change of the ${what} configuration is in progress`,
      0x82: 'parameter is read-only',
    },
    encodeRequest: ({ channel, parameter, data }) => Uint8Array.of(channel, parameter, ...data),
    decodeRequest: (data) => {
      if (data.length < 3) return 'truncated';
      return { channel: u8(data, 0) & 0x0f, parameter: u8(data, 1), data: Uint8Array.from(data.subarray(2)) };
    },
    ...emptyResponse,
  };
}
