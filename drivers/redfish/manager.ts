import {
  type BmcClock,
  DriverError,
  type LanControl,
  type LanSettings,
  type NtpControl,
} from '../contract.ts';
import type { Call } from './call.ts';
import {
  arrayIn,
  booleanIn,
  isObject,
  linkIn,
  objectIn,
  type Resource,
  required,
  textIn,
  textsIn,
} from './resources.ts';
import type { System } from './system.ts';

const NO_GATEWAY = '0.0.0.0';

/** The first manager of the system. */
export async function managerOf(system: System, call: Call): Promise<Resource> {
  const [manager] = await system.linked(call, await system.read(call), 'ManagedBy');
  if (manager !== undefined) return manager;
  throw new DriverError('unsupported', `${system.client.name}: The system names no manager.`);
}

/**
 * The manager's Ethernet interface that we came by, or else its first one with an address.
 *
 * @param named whether the BMC's certificate names it by an address too, so that it is believed there; null: it is not known
 */
export function redfishLan(
  system: System,
  named: (address: string, signal: AbortSignal) => Promise<boolean | null>,
): LanControl {
  const { client } = system;
  const find = async (call: Call): Promise<Resource> => {
    const manager = await managerOf(system, call);
    const all = await system.members(call, linkIn(manager.body, 'EthernetInterfaces'));
    const ours = all.find(({ body }) =>
      addresses(body).some((each) => textIn(each, 'Address') === client.hostname),
    );
    const found =
      ours ??
      all.find(({ body }) => booleanIn(body, 'InterfaceEnabled') !== false && addresses(body).length > 0);
    if (found !== undefined) return found;
    throw new DriverError(
      'unsupported',
      `${client.name}: The BMC tells of no network interface with an address.`,
    );
  };
  return {
    get: (options) => client.within(options, async (call) => settingsOf(await find(call))),
    set: (change, options) =>
      client.within(options, async (call) => {
        const resource = await find(call);
        const body = changeOf(resource, change);
        if (Object.keys(body).length === 0) return;
        const { address } = change;
        if (
          address !== undefined &&
          address !== settingsOf(resource).address &&
          (await named(address, call.signal)) === false
        )
          throw new DriverError(
            'rejected',
            `${client.name}: The BMC's certificate does not name ${address}: we would not believe it there. Give it one that names both addresses first (replace_certificate).`,
          );
        try {
          await client.patch(call, resource, body);
        } catch (error) {
          // It answered a moment ago: its address may have moved already, and the caller looks for it there.
          if (!(error instanceof DriverError) || !['unreachable', 'timeout'].includes(error.code))
            throw error;
        }
      }),
  };
}

function addresses(body: Resource['body']): Record<string, unknown>[] {
  return arrayIn(body, 'IPv4Addresses').filter(isObject);
}

function settingsOf(resource: Resource): LanSettings {
  const { body } = resource;
  const [first = {}] = addresses(body);
  const gateway = textIn(first, 'Gateway') ?? '';
  const dhcp =
    booleanIn(objectIn(body, 'DHCPv4') ?? {}, 'DHCPEnabled') ?? textIn(first, 'AddressOrigin') === 'DHCP';
  const vlan = objectIn(body, 'VLAN') ?? {};
  const { VLANId } = vlan;
  return {
    source: dhcp ? 'dhcp' : 'static',
    address: required(resource, 'IPv4Addresses', textIn(first, 'Address')),
    netmask: required(resource, 'IPv4Addresses', textIn(first, 'SubnetMask')),
    gateway: gateway === '' || gateway === NO_GATEWAY ? null : gateway,
    vlan_id: booleanIn(vlan, 'VLANEnable') === true && typeof VLANId === 'number' ? VLANId : null,
    mac: (textIn(body, 'MACAddress') ?? textIn(body, 'PermanentMACAddress'))?.toLowerCase() ?? null,
  };
}

/** One change, so that no half of it is in force. */
function changeOf(resource: Resource, change: Parameters<LanControl['set']>[0]): Record<string, unknown> {
  const { vlan_id, ...ip } = change;
  const wished = { ...settingsOf(resource), ...change };
  const body: Record<string, unknown> = {};
  if (vlan_id !== undefined)
    body.VLAN = vlan_id === null ? { VLANEnable: false } : { VLANEnable: true, VLANId: vlan_id };
  if (Object.keys(ip).length === 0) return body;
  if (objectIn(resource.body, 'DHCPv4') !== null) body.DHCPv4 = { DHCPEnabled: wished.source === 'dhcp' };
  if (wished.source === 'dhcp') return body;
  const { address: Address, netmask: SubnetMask, gateway } = wished;
  const property = 'IPv4StaticAddresses' in resource.body ? 'IPv4StaticAddresses' : 'IPv4Addresses';
  body[property] = [{ Address, SubnetMask, Gateway: gateway ?? NO_GATEWAY }];
  return body;
}

/** Manager.DateTime: the instant counts, whatever the zone that the BMC tells it in. */
export function redfishClock(system: System): BmcClock {
  const { client } = system;
  return {
    get: (options) =>
      client.within(options, async (call) => {
        const manager = await managerOf(system, call);
        const now = Date.parse(textIn(manager.body, 'DateTime') ?? '');
        return required(manager, 'DateTime', Number.isNaN(now) ? null : now);
      }),
    set: (epoch_ms, options) =>
      client.within(options, async (call) => {
        const manager = await managerOf(system, call);
        const DateTime = new Date(epoch_ms).toISOString().replace(/\.\d+Z$/, 'Z');
        await client.patch(call, manager, { DateTime }, { repeatable: true });
      }),
  };
}

export function redfishNtp(system: System): NtpControl {
  const { client } = system;
  const protocols = async (call: Call): Promise<Resource> => {
    const manager = await managerOf(system, call);
    return client.get(call, required(manager, 'NetworkProtocol', linkIn(manager.body, 'NetworkProtocol')));
  };
  return {
    get: (options) =>
      client.within(options, async (call) => {
        const resource = await protocols(call);
        const ntp = required(resource, 'NTP', objectIn(resource.body, 'NTP'));
        const servers = (textsIn(ntp, 'NTPServers') ?? []).filter((each) => each !== '');
        return { enabled: booleanIn(ntp, 'ProtocolEnabled') === true, servers };
      }),
    set: (servers, options) =>
      client.within(options, async (call) => {
        const resource = await protocols(call);
        const NTP =
          servers.length === 0
            ? { ProtocolEnabled: false }
            : { ProtocolEnabled: true, NTPServers: [...servers] };
        await client.patch(call, resource, { NTP }, { repeatable: true });
      }),
  };
}
