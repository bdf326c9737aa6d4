import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import { nothing } from '../../drivers/ipmi/commands/command.ts';
import { getChannelInfo, MEDIUM_LAN } from '../../drivers/ipmi/commands/get-channel-info.ts';
import {
  getLanConfiguration,
  LAN_PARAMETER,
  LAN_SET,
  LAN_SOURCE,
  setLanConfiguration,
} from '../../drivers/ipmi/commands/lan-configuration.ts';
import { on, type Row } from './handler.ts';

/** LAN configuration parameters by number. The stand-in tells them and goes on listening where it is. */
export type BmcLan = ReadonlyMap<number, Uint8Array> & { set(parameter: number, data: Uint8Array): unknown };

/** Bytes of each parameter that can be set. IPMI v2.0 table 23-4 */
const LENGTHS: Readonly<Record<number, number>> = {
  [LAN_PARAMETER.setInProgress]: 1,
  [LAN_PARAMETER.address]: 4,
  [LAN_PARAMETER.source]: 1,
  [LAN_PARAMETER.netmask]: 4,
  [LAN_PARAMETER.gateway]: 4,
  [LAN_PARAMETER.vlan]: 2,
};

const NOT_SUPPORTED = 0x80;
const IN_PROGRESS = 0x81;
const READ_ONLY = 0x82;
const LAN_CHANNELS: readonly number[] = [1, 0x0e];

/** What a BMC is set to before anybody changes it. */
export function firstLan(address: string, mac: string): BmcLan {
  return new Map([
    [LAN_PARAMETER.setInProgress, Uint8Array.of(LAN_SET.complete)],
    [LAN_PARAMETER.address, Uint8Array.from(address.split('.').map(Number))],
    [LAN_PARAMETER.source, Uint8Array.of(LAN_SOURCE.static)],
    [LAN_PARAMETER.mac, Uint8Array.from(mac.split(':').map((byte) => Number.parseInt(byte, 16)))],
    [LAN_PARAMETER.netmask, Uint8Array.of(255, 0, 0, 0)],
    [LAN_PARAMETER.gateway, new Uint8Array(4)],
    [LAN_PARAMETER.vlan, new Uint8Array(2)],
  ] as [number, Uint8Array][]);
}

/** IPMI v2.0 22.24, 23.1, 23.2 */
export const LAN_ROWS: readonly Row[] = [
  on(getChannelInfo, (_bmc, { channel }) =>
    LAN_CHANNELS.includes(channel)
      ? { channel: 1, medium: MEDIUM_LAN, active_sessions: 1 }
      : COMPLETION_CODE.invalidData,
  ),
  on(getLanConfiguration, (bmc, { channel, parameter }) => {
    if (!LAN_CHANNELS.includes(channel)) return COMPLETION_CODE.invalidData;
    const data = bmc.lan.get(parameter);
    return data === undefined ? NOT_SUPPORTED : { data };
  }),
  on(setLanConfiguration, (bmc, { channel, parameter, data }) => {
    if (!LAN_CHANNELS.includes(channel)) return COMPLETION_CODE.invalidData;
    if (parameter === LAN_PARAMETER.mac) return READ_ONLY;
    const length = LENGTHS[parameter];
    if (length === undefined) return NOT_SUPPORTED;
    if (data.length < length) return COMPLETION_CODE.lengthInvalid;
    const busy = bmc.lan.get(LAN_PARAMETER.setInProgress)?.[0] === LAN_SET.inProgress;
    if (parameter === LAN_PARAMETER.setInProgress && data[0] === LAN_SET.inProgress && busy)
      return IN_PROGRESS;
    bmc.lan.set(parameter, data.slice(0, length));
    return nothing;
  }),
];
