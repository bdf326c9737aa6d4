import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { Machine } from '../machine.ts';
import { type Area, booleanOf, notInList, type Outcome, objectOf, textOf, writeEach } from './area.ts';
import { collection, link, named } from './json.ts';

export interface Lan {
  dhcp: boolean;
  address: string;
  netmask: string;
  gateway: string;
  vlan_id: number | null;
}

/** The network, the time servers and the clock of a BMC, below its manager. */
export class ManagerNetwork implements Area {
  /** What it tells; where it really listens does not change with it. */
  lan: Lan = {
    dhcp: false,
    address: '127.0.0.1',
    netmask: '255.0.0.0',
    gateway: '127.0.0.254',
    vlan_id: null,
  };
  ntp = { enabled: false, servers: [] as string[] };
  clock_ahead_ms = 0;
  readonly #machine: Machine;
  readonly #manager: string;

  constructor(machine: Machine, manager: string) {
    this.#machine = machine;
    this.#manager = manager;
  }

  /** Properties of the manager that are of the clock and the network. */
  get properties(): JsonObject {
    const now = new Date(this.#machine.clock.now() + this.clock_ahead_ms).toISOString();
    return {
      DateTime: now.replace(/\.\d+Z$/, '+00:00'),
      DateTimeLocalOffset: '+00:00',
      EthernetInterfaces: link(`${this.#manager}/EthernetInterfaces`),
      NetworkProtocol: link(`${this.#manager}/NetworkProtocol`),
    };
  }

  read(path: string): JsonObject | null {
    const interfaces = `${this.#manager}/EthernetInterfaces`;
    if (path === interfaces) return collection(path, 'EthernetInterface', [`${interfaces}/eth0`]);
    if (path === `${interfaces}/eth0`) return this.#interface(path);
    if (path !== `${this.#manager}/NetworkProtocol`) return null;
    return {
      ...named(path, 'ManagerNetworkProtocol.v1_9_1.ManagerNetworkProtocol', 'NetworkProtocol'),
      HTTPS: {
        ProtocolEnabled: true,
        Port: 443,
        Certificates: link(`${this.#manager}/NetworkProtocol/HTTPS/Certificates`),
      },
      NTP: { ProtocolEnabled: this.ntp.enabled, Port: 123, NTPServers: [...this.ntp.servers] },
    };
  }

  write(path: string, body: JsonObject): Outcome | null {
    if (path === this.#manager)
      return writeEach(body, {
        DateTime: (value) => {
          const epoch_ms = Date.parse(textOf(value, 'DateTime'));
          if (Number.isNaN(epoch_ms)) throw notInList(value, 'DateTime');
          this.clock_ahead_ms = epoch_ms - this.#machine.clock.now();
        },
      });
    if (path === `${this.#manager}/NetworkProtocol`)
      return writeEach(body, { NTP: (value) => this.#changeNtp(objectOf(value, 'NTP')) });
    if (path !== `${this.#manager}/EthernetInterfaces/eth0`) return null;
    const lan = { ...this.lan };
    writeEach(body, {
      DHCPv4: (value) => {
        lan.dhcp = booleanOf(objectOf(value, 'DHCPv4').DHCPEnabled ?? null, 'DHCPEnabled');
      },
      IPv4StaticAddresses: (value) => Object.assign(lan, staticAddress(value)),
      VLAN: (value) => {
        const { VLANEnable, VLANId } = objectOf(value, 'VLAN');
        const tagged = booleanOf(VLANEnable ?? null, 'VLANEnable');
        if (tagged && typeof VLANId !== 'number') throw notInList(VLANId ?? null, 'VLANId');
        lan.vlan_id = tagged ? Number(VLANId) : null;
      },
    });
    this.lan = lan;
    return {};
  }

  #changeNtp(body: JsonObject): void {
    writeEach(body, {
      ProtocolEnabled: (value) => {
        this.ntp.enabled = booleanOf(value, 'ProtocolEnabled');
      },
      NTPServers: (value) => {
        if (!Array.isArray(value)) throw notInList(value, 'NTPServers');
        this.ntp.servers = value.map((each) => textOf(each, 'NTPServers'));
      },
    });
  }

  #interface(path: string): JsonObject {
    const { dhcp, address, netmask, gateway, vlan_id } = this.lan;
    const entry = { Address: address, SubnetMask: netmask, Gateway: gateway };
    return {
      ...named(path, 'EthernetInterface.v1_10_0.EthernetInterface', 'eth0'),
      InterfaceEnabled: true,
      MACAddress: this.#machine.identity.macs[0]?.replace(/^../, '56').toUpperCase() ?? null,
      DHCPv4: { DHCPEnabled: dhcp },
      IPv4Addresses: [{ ...entry, AddressOrigin: dhcp ? 'DHCP' : 'Static' }],
      IPv4StaticAddresses: dhcp ? [] : [entry],
      VLAN: { VLANEnable: vlan_id !== null, VLANId: vlan_id ?? 0 },
    };
  }
}

function staticAddress(value: Json): Pick<Lan, 'address' | 'netmask' | 'gateway'> {
  const [first = null] = Array.isArray(value) ? value : [];
  const { Address, SubnetMask, Gateway } = objectOf(first, 'IPv4StaticAddresses');
  return {
    address: textOf(Address, 'Address'),
    netmask: textOf(SubnetMask, 'SubnetMask'),
    gateway: textOf(Gateway, 'Gateway'),
  };
}
