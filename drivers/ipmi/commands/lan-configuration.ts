import { u8 } from '../codec/bytes.ts';
import { type Command, emptyResponse, NETFN, type Nothing, PRIVILEGE } from './command.ts';

/** LAN configuration parameters. IPMI v2.0 table 23-4 */
export const LAN_PARAMETER = {
  setInProgress: 0,
  address: 3,
  source: 4,
  mac: 5,
  netmask: 6,
  gateway: 12,
  vlan: 20,
} as const;

/** Values of `setInProgress`. */
export const LAN_SET = { complete: 0, inProgress: 1, commit: 2 } as const;
/** Values of `source`. */
export const LAN_SOURCE = { static: 1, dhcp: 2 } as const;
export const VLAN_ENABLED = 0x8000;

const PARAMETER_REVISION = 0x11;

/** IPMI v2.0 23.2 */
export const getLanConfiguration: Command<{ channel: number; parameter: number }, { data: Uint8Array }> = {
  name: 'Get LAN Configuration Parameters',
  netfn: NETFN.transport,
  cmd: 0x02,
  privilege: PRIVILEGE.operator,
  completion_codes: { 0x80: 'parameter not supported' },
  encodeRequest: ({ channel, parameter }) => Uint8Array.of(channel, parameter, 0, 0),
  decodeRequest: (data) =>
    data.length < 2 ? 'truncated' : { channel: u8(data, 0) & 0x0f, parameter: u8(data, 1) },
  encodeResponse: ({ data }) => Uint8Array.of(PARAMETER_REVISION, ...data),
  decodeResponse: (data) => (data.length < 1 ? 'truncated' : { data: Uint8Array.from(data.subarray(1)) }),
};

/** IPMI v2.0 23.1 */
export const setLanConfiguration: Command<{ channel: number; parameter: number; data: Uint8Array }, Nothing> =
  {
    name: 'Set LAN Configuration Parameters',
    netfn: NETFN.transport,
    cmd: 0x01,
    privilege: PRIVILEGE.administrator,
    completion_codes: {
      0x80: 'parameter not supported',
      0x81: 'a change of the LAN configuration is in progress',
      0x82: 'parameter is read-only',
    },
    encodeRequest: ({ channel, parameter, data }) => Uint8Array.of(channel, parameter, ...data),
    decodeRequest: (data) => {
      if (data.length < 3) return 'truncated';
      return { channel: u8(data, 0) & 0x0f, parameter: u8(data, 1), data: Uint8Array.from(data.subarray(2)) };
    },
    ...emptyResponse,
  };
