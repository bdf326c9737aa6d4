import { createHash } from 'node:crypto';
import type { SabotageName } from './sabotage.ts';

/** A server on its pallet: what it will find in itself, and its line of the cabling plan. */
export interface RackedServer {
  system_uuid: string;
  serial_number: string;
  sabotage: SabotageName | null;
  /** A RegisterRequest, with the firmware that its second network card has. */
  facts(card: string): object;
  /** Firmware of that card as it was bought: one of twenty is older than it may be. */
  card: string;
  cable: { device: string; port: string; switch_name: string; switch_port: string };
}

const PORTS_PER_SWITCH = 16;
const OLD_CARDS = 20;
export const OLD_CARD = '14.2';
export const NEW_CARD = '16.35';

/** `count` servers; those of `sabotaged` have something wrong, by turns over all ways. The same for the same numbers. */
export function rackedServers(count: number, sabotages: readonly SabotageName[]): RackedServer[] {
  // Spread over the racks, and never the first: a doubled UUID is that of the server before.
  const every = Math.floor((count - 1) / Math.max(1, sabotages.length));
  return Array.from({ length: count }, (_, index) => {
    const at = index % every === every - 1 ? Math.floor(index / every) : -1;
    return rackedServer(index, sabotages[at] ?? null);
  });
}

function rackedServer(index: number, sabotage: SabotageName | null): RackedServer {
  const system_uuid =
    sabotage === 'doubled-uuid' ? uuidOf(index - 1) : sabotage === 'no-uuid' ? NOBODYS : uuidOf(index);
  const serial_number = `KR${String(index).padStart(5, '0')}`;
  const cable = {
    ...{ device: serial_number, port: 'eno1' },
    switch_name: `leaf${Math.floor(index / PORTS_PER_SWITCH) + 1}`,
    switch_port: `Eth${(index % PORTS_PER_SWITCH) + 1}`,
  };
  const old_card = sabotage === null ? index % OLD_CARDS === OLD_CARDS - 1 : sabotage.startsWith('update-');
  return {
    ...{ system_uuid, serial_number, sabotage, cable, card: old_card ? OLD_CARD : NEW_CARD },
    facts: (card) => ({
      ...{ system_uuid, serial_number, manufacturer: 'Kurogane', product_name: 'V1', cpu_arch: 'x86_64' },
      ...{ cpu_model: 'Virtual', cpus: 16, memory_mb: 65_536, boot_mode: 'uefi', bios_vendor: 'Kurogane' },
      disks: [
        { name: '/dev/sda', model: 'Virtual', serial: `D${index}`, size_bytes: 480e9, rotational: false },
      ],
      ports: [portOf(index, cable, sabotage)],
      firmware: [
        {
          component: 'bios',
          product_name: 'V1',
          manufacturer: 'Kurogane',
          version: sabotage === 'old-bios' ? '1.2' : '2.10',
        },
        {
          component: 'nic',
          product_name: 'X710',
          manufacturer: 'Intel',
          version: sabotage === 'old-nic' ? '5.0' : '20.5.13',
        },
        { component: 'nic', product_name: 'CX6', manufacturer: 'Mellanox', version: card },
      ],
      bmc: sabotage === 'no-bmc' ? null : { address: '0.0.0.0', mac: macOf(index, 0xbb) },
      address: `198.18.${Math.floor(index / 256)}.${index % 256}`,
      agent_version: 'rack',
    }),
  };
}

const NOBODYS = '03000200-0400-0500-0006-000700080009';

function portOf(index: number, cable: RackedServer['cable'], sabotage: SabotageName | null): object {
  const seen = {
    switch_name:
      sabotage === 'foreign-switch'
        ? 'desk-switch'
        : sabotage === 'wrong-switch'
          ? cable.switch_name === 'leaf1'
            ? 'leaf2'
            : 'leaf1'
          : cable.switch_name,
    switch_port: sabotage === 'wrong-port' ? 'Eth99' : cable.switch_port,
  };
  const dark = sabotage === 'no-light' || sabotage === 'polarity';
  return {
    name: sabotage === 'missing-port' ? 'eno9' : 'eno1',
    mac: macOf(index, 0x01),
    carrier: !dark,
    ...(sabotage === 'polarity' ? { optic: 'OPTIC_PRESENT' } : {}),
    ...{ ipv4_address: '', speed_mbps: 25_000, vendor: '0x8086', product: '0x1572', pxe: true },
    lldp: dark || sabotage === 'no-lldp' ? [] : frameOf(seen),
  };
}

/** Chassis, port and name as a switch sends them. IEEE 802.1AB 8.4 */
function frameOf({ switch_name, switch_port }: { switch_name: string; switch_port: string }): object[] {
  return [
    { type: 1, value: Buffer.from([4, 0x52, 0x54, 0, 0, 0, 1]) },
    { type: 2, value: Buffer.concat([Buffer.from([5]), Buffer.from(switch_port)]) },
    { type: 5, value: Buffer.from(switch_name) },
  ];
}

const macOf = (index: number, kind: number): string =>
  ['52', '54', kind, index >> 16, (index >> 8) & 0xff, index & 0xff]
    .map((byte) => (typeof byte === 'string' ? byte : byte.toString(16).padStart(2, '0')))
    .join(':');

function uuidOf(index: number): string {
  const hex = createHash('sha256').update(`server ${index}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
