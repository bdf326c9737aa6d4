import type { Clock } from '../../lifecycle/clock.ts';
import { type CallOptions, DriverError, type LanControl, type LanSettings } from '../contract.ts';
import { putU16, u8, u16 } from './codec/bytes.ts';
import { SET_STATE } from './commands/configuration.ts';
import { THIS_CHANNEL } from './commands/get-channel-authentication-capabilities.ts';
import { getChannelInfo } from './commands/get-channel-info.ts';
import {
  getLanConfiguration,
  LAN_PARAMETER,
  LAN_SOURCE,
  setLanConfiguration,
  VLAN_ENABLED,
} from './commands/lan-configuration.ts';
import { CompletionError } from './completion-error.ts';
import type { Controller } from './controller.ts';
import { remaining } from './power.ts';

const NO_GATEWAY = '0.0.0.0';
/** BMCs without it take each parameter at once. IPMI v2.0 table 23-4, parameter 0 */
const NOT_SUPPORTED = 0x80;

type Write = readonly [parameter: number, data: Uint8Array];

/** The number of the LAN channel that we came by. */
export async function lanChannel(bmc: Controller, left: () => CallOptions): Promise<number> {
  return (await bmc.execute(getChannelInfo, { channel: THIS_CHANNEL }, left())).channel;
}

/** The BMC's own network, by its LAN channel. IPMI v2.0 23 */
export function ipmiLan(bmc: Controller, clock: Clock): LanControl {
  const read = async (channel: number, left: () => CallOptions): Promise<LanSettings> => {
    const get = async (parameter: number): Promise<Uint8Array> =>
      (await bmc.execute(getLanConfiguration, { channel, parameter }, left())).data;
    const gateway = dotted(await get(LAN_PARAMETER.gateway));
    const vlan = u16(await optional(get(LAN_PARAMETER.vlan)), 0);
    return {
      source: (u8(await get(LAN_PARAMETER.source), 0) & 0x0f) === LAN_SOURCE.dhcp ? 'dhcp' : 'static',
      address: dotted(await get(LAN_PARAMETER.address)),
      netmask: dotted(await get(LAN_PARAMETER.netmask)),
      gateway: gateway === NO_GATEWAY ? null : gateway,
      vlan_id: (vlan & VLAN_ENABLED) === 0 ? null : vlan & 0x0fff,
      mac: macOf(await get(LAN_PARAMETER.mac)),
    };
  };

  return {
    get: async (options) => {
      const left = remaining(clock, options);
      return read(await lanChannel(bmc, left), left);
    },
    set: async (change, options) => {
      const left = remaining(clock, options);
      const wished = writesOf(bmc, change);
      const channel = await lanChannel(bmc, left);
      const set = async ([parameter, data]: Write): Promise<Uint8Array> => {
        await bmc.execute(setLanConfiguration, { channel, parameter, data }, left());
        return data;
      };
      const mark = (value: number): Promise<Uint8Array> =>
        optional(set([LAN_PARAMETER.setInProgress, Uint8Array.of(value)]));
      await mark(SET_STATE.inProgress);
      const last = wished.pop();
      try {
        for (const write of wished) await set(write);
      } catch (error) {
        // What came before is in force already: the next change must not find the table locked.
        if (!isSilence(error)) await mark(SET_STATE.complete).catch(() => undefined);
        throw error;
      }
      try {
        if (last !== undefined) await set(last);
        await mark(SET_STATE.complete);
      } catch (error) {
        // Its address may have moved already: the caller looks for it there.
        if (!isSilence(error)) throw error;
      }
    },
  };
}

/** In this order: a BMC that has its address from DHCP takes no other, and the way to it may end with the last ones. */
function writesOf(bmc: Controller, change: Parameters<LanControl['set']>[0]): Write[] {
  const writes: Write[] = [];
  if (change.source !== undefined)
    writes.push([LAN_PARAMETER.source, Uint8Array.of(LAN_SOURCE[change.source])]);
  if (change.netmask !== undefined) writes.push([LAN_PARAMETER.netmask, bytesOf(bmc, change.netmask)]);
  if (change.gateway !== undefined)
    writes.push([LAN_PARAMETER.gateway, bytesOf(bmc, change.gateway ?? NO_GATEWAY)]);
  if (change.vlan_id !== undefined) writes.push([LAN_PARAMETER.vlan, vlanOf(bmc, change.vlan_id)]);
  if (change.address !== undefined) writes.push([LAN_PARAMETER.address, bytesOf(bmc, change.address)]);
  return writes;
}

function vlanOf(bmc: Controller, vlan_id: number | null): Uint8Array {
  const data = new Uint8Array(2);
  if (vlan_id === null) return data;
  if (!Number.isInteger(vlan_id) || vlan_id < 1 || vlan_id > 4094)
    throw new DriverError('rejected', `${bmc.name}: a VLAN id is a number from 1 to 4094.`);
  putU16(data, 0, VLAN_ENABLED | vlan_id);
  return data;
}

function bytesOf(bmc: Controller, address: string): Uint8Array {
  const parts = address.split('.');
  const bytes = parts.map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255))
    throw new DriverError('rejected', `${bmc.name}: ${address} is no IPv4 address in dotted form.`);
  return Uint8Array.from(bytes);
}

function dotted(data: Uint8Array): string {
  return [0, 1, 2, 3].map((at) => u8(data, at)).join('.');
}

function macOf(data: Uint8Array): string | null {
  if (data.length < 6) return null;
  return Array.from(data.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function isSilence(error: unknown): boolean {
  return error instanceof DriverError && (error.code === 'unreachable' || error.code === 'timeout');
}

/** Of a parameter that a BMC may lack: no bytes then. */
async function optional(work: Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CompletionError && error.completion_code === NOT_SUPPORTED) return new Uint8Array(0);
    throw error;
  }
}
