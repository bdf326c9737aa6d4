import type { PublicApi } from './public-api.ts';

/** What a provider knows of its servers and no BMC says. */
const KINDS = [
  { vendor: 'Kita Systems', manufacturer: 'Fujitsu', product_name: 'PRIMERGY RX2540 M7' },
  { vendor: 'Minato Trading', manufacturer: 'Dell Inc.', product_name: 'PowerEdge R660' },
  { vendor: 'Higashi IT', manufacturer: 'HPE', product_name: 'ProLiant DL360 Gen11' },
] as const;
const ZONES = ['tokyo-1a', 'tokyo-1b'] as const;
const UNITS_PER_RACK = 20;

/**
 * Gives a server the facts that a table of servers shows, as a provider would when it comes into the rack.
 * @param label what is written on the server itself. Default: one is made up.
 */
export async function furnish(api: PublicApi, uuid: string, index: number, label?: object): Promise<void> {
  const rack = Math.floor(index / UNITS_PER_RACK);
  await api.request('PATCH', `/lifecycle/v1/servers/${uuid}`, {
    ...KINDS[index % KINDS.length],
    serial_number: `KG${String(7_310_001 + index * 37)}`,
    ...label,
    availability_zone: ZONES[rack % ZONES.length],
    rack: `A${String(rack + 1).padStart(2, '0')}`,
    rack_unit: 2 + 2 * (index % UNITS_PER_RACK),
    ...(index % 4 === 3
      ? {}
      : { service_address: `198.51.100.${10 + (index % 200)}`, vlan_id: 110 + (index % 3) }),
  });
}
