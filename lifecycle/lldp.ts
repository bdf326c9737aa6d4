import type { SeenPort } from './cabling.ts';
import type { JsonObject } from './json.ts';

/** One TLV of an LLDP frame: its type, and its value in hexadecimal. */
export type LldpTlv = readonly [type: number, hex: string];

/** TLV types and subtypes. IEEE 802.1AB-2016 8.4, tables 8-2 and 8-3 */
const CHASSIS_ID = 1;
const PORT_ID = 2;
const SYSTEM_NAME = 5;
const CHASSIS_MAC = 4;
const PORT_MAC = 3;
const NETWORK_ADDRESS = { chassis: 5, port: 4 } as const;
const IPV4_FAMILY = 1;
/** TLVs of an organization: IEEE 802.1's, of which two tell VLANs. IEEE 802.1Q-2018 D.2.1, D.2.3 */
const ORGANIZATION = 127;
const IEEE_8021 = '0080c2';
const TELL_A_VLAN = [1, 3];
const GREATEST_VLAN = 4094;

/** What the other end of a cable says of itself. */
export interface Neighbour {
  /** Its name; without one, its chassis. */
  switch_name: string;
  switch_port: string;
  /** The chassis, where it is a MAC address: Ironic's `switch_id`. */
  switch_id: string | null;
  /** VLANs of its port, the untagged one first; absent: it tells none. */
  vlan_ids?: readonly number[];
}

/** The neighbour of a frame; null: the frame does not say which switch and port. Pure. */
export function neighbourOf(tlvs: readonly LldpTlv[]): Neighbour | null {
  const told = (type: number): Buffer | null => {
    const found = tlvs.find(([kind]) => kind === type);
    return found === undefined || !/^([0-9a-f]{2})*$/i.test(found[1]) ? null : Buffer.from(found[1], 'hex');
  };
  const chassis = identifier(told(CHASSIS_ID), CHASSIS_MAC, NETWORK_ADDRESS.chassis);
  const switch_port = identifier(told(PORT_ID), PORT_MAC, NETWORK_ADDRESS.port);
  const name = plain(told(SYSTEM_NAME));
  const switch_name = name === '' ? (chassis ?? '') : name;
  if (switch_name === '' || switch_port === null || switch_port === '') return null;
  const mac = told(CHASSIS_ID)?.[0] === CHASSIS_MAC;
  const vlan_ids = vlansOf(tlvs);
  return {
    ...{ switch_name, switch_port, switch_id: mac ? chassis : null },
    ...(vlan_ids.length === 0 ? {} : { vlan_ids }),
  };
}

/** Port VLAN ID, and those that the port has a name for. 0: no untagged frames. */
function vlansOf(tlvs: readonly LldpTlv[]): number[] {
  const told = TELL_A_VLAN.flatMap((subtype) =>
    tlvs.flatMap(([type, hex]) => {
      const [, vlan] = new RegExp(`^${IEEE_8021}0${subtype}([0-9a-f]{4})`, 'i').exec(hex) ?? [];
      return type === ORGANIZATION && vlan !== undefined ? Number.parseInt(vlan, 16) : [];
    }),
  );
  return [...new Set(told)].filter((vlan) => vlan >= 1 && vlan <= GREATEST_VLAN);
}

/** A port's `local_link_connection` in Ironic. */
export function localLink(neighbour: Neighbour | SeenPort['neighbour']): JsonObject {
  if (neighbour === null) return {};
  const { switch_name: switch_info, switch_port: port_id } = neighbour;
  const switch_id = 'switch_id' in neighbour ? neighbour.switch_id : null;
  return switch_id === null ? { port_id, switch_info } : { switch_id, port_id, switch_info };
}

/** A value that begins with a byte that says what it is. */
function identifier(value: Buffer | null, mac_subtype: number, address_subtype: number): string | null {
  if (value === null || value.length < 2) return null;
  const [subtype, ...bytes] = value;
  if (subtype === mac_subtype && bytes.length === 6)
    return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  if (subtype === address_subtype && bytes[0] === IPV4_FAMILY && bytes.length === 5)
    return bytes.slice(1).join('.');
  return plain(value.subarray(1));
}

/** Text of a switch goes into messages and rows: no control characters, and not endless. */
function plain(value: Buffer | null): string {
  return (value?.toString('utf8') ?? '')
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, 255);
}
