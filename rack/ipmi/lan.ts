import { COMPLETION_CODE } from '../../drivers/ipmi/codec/status-codes.ts';
import { PRIVILEGE } from '../../drivers/ipmi/commands/command.ts';
import { SET_STATE } from '../../drivers/ipmi/commands/configuration.ts';
import { getChannelAccess } from '../../drivers/ipmi/commands/get-channel-access.ts';
import { getChannelInfo, MEDIUM_LAN } from '../../drivers/ipmi/commands/get-channel-info.ts';
import {
  getLanConfiguration,
  LAN_PARAMETER,
  LAN_SOURCE,
  setLanConfiguration,
} from '../../drivers/ipmi/commands/lan-configuration.ts';
import { on, type Row } from './handler.ts';
import { getParameter, isLanChannel, type Parameters, setParameter } from './parameters.ts';

/** Access mode of the LAN. IPMI v2.0 table 6-4 */
const ALWAYS_AVAILABLE = 2;
/** Bytes of each parameter that can be set. IPMI v2.0 table 23-4 */
const LENGTHS: Readonly<Record<number, number>> = {
  [LAN_PARAMETER.setInProgress]: 1,
  [LAN_PARAMETER.address]: 4,
  [LAN_PARAMETER.source]: 1,
  [LAN_PARAMETER.netmask]: 4,
  [LAN_PARAMETER.gateway]: 4,
  [LAN_PARAMETER.vlan]: 2,
};

/** What a BMC is set to before anybody changes it. The stand-in tells it and goes on listening where it is. */
export function firstLan(address: string, mac: string): Parameters {
  return new Map([
    [LAN_PARAMETER.setInProgress, Uint8Array.of(SET_STATE.complete)],
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
    isLanChannel(channel)
      ? { channel: 1, medium: MEDIUM_LAN, active_sessions: 1 }
      : COMPLETION_CODE.invalidData,
  ),
  on(getChannelAccess, (_bmc, { channel }) =>
    isLanChannel(channel)
      ? {
          mode: ALWAYS_AVAILABLE,
          alerting: false,
          per_message_authentication: true,
          user_level_authentication: true,
          privilege: PRIVILEGE.administrator,
        }
      : COMPLETION_CODE.invalidData,
  ),
  on(getLanConfiguration, (bmc, request) => getParameter(bmc.lan, request)),
  on(setLanConfiguration, (bmc, request) => setParameter(bmc.lan, request, LENGTHS, LAN_PARAMETER.mac)),
];
