import type { JsonObject } from './json.ts';
import type { EpochMs, NodeRecord, Stored } from './records.ts';
import type { Stage } from './stages.ts';

/** Whose maintenance a server is in. */
export type MaintenanceSide = 'customer' | 'provider';

/**
 * What the provider knows of a server beyond its node: one row per node, made with it. Its uuid is the node's. The row
 * repeats what lists of servers show, sort and count of the node, so that they read one narrow table; the store keeps
 * both equal, whoever changes the node. It outlives the node when the server was disposed of.
 */
export interface ServerRecord extends Stored, Followed, Derived, ServerFacts {
  uuid: string;
}

/** The node's own fields, as the node has them. */
export interface Followed
  extends Pick<
    NodeRecord,
    | 'name'
    | 'owner'
    | 'lessee'
    | 'driver'
    | 'resource_class'
    | 'provision_state'
    | 'target_provision_state'
    | 'provision_updated_at'
    | 'power_state'
    | 'maintenance'
    | 'fault'
    | 'retired'
    | 'health'
  > {
  /** Whether the node has a last_error. */
  troubled: boolean;
  /** Where driver_info says that the BMC is; null: nowhere. */
  bmc_address: string | null;
  /** From the node's undeployment until it is in stock or manageable again. */
  returning: boolean;
}

/** What follows from the rest. */
export interface Derived {
  stage: Stage;
  stage_changed_at: EpochMs;
  /** Whether a person has to look after the server. */
  attention: boolean;
}

/** What is written on the server itself. */
export interface ServerFacts {
  serial_number: string | null;
  /** Who supplied it. */
  vendor: string | null;
  /** Who made it, as its inventory says. */
  manufacturer: string | null;
  product_name: string | null;
  model_uuid: string | null;
  flavor_uuid: string | null;
  availability_zone: string | null;
  /** Where the customer reaches it. */
  service_address: string | null;
  vlan_id: number | null;
  rack: string | null;
  /** Lowest unit that it takes. */
  rack_unit: number | null;
  notes: string | null;
  maintenance_side: MaintenanceSide | null;
  maintenance_by: string | null;
  maintenance_reason: string | null;
  maintenance_since: EpochMs | null;
  maintenance_until: EpochMs | null;
  /** The order that it was taken from stock for. */
  order_uuid: string | null;
  /** The last fault of its hardware that people were told of; null: none, or that it is over. */
  fault_told: string | null;
  /** When the system of the last deploy said that it is installed, or that it is not. */
  installed_at: EpochMs | null;
  install_failed_at: EpochMs | null;
  /** The last that it said of its installation. */
  install_note: string | null;
  /** When it said so. */
  progressed_at: EpochMs | null;
  /** Since when its deploy is known to make no progress; null: it makes some. */
  stalled_at: EpochMs | null;
  /** Kept out of stock until an operator releases it. */
  quarantined: boolean;
  quarantined_at: EpochMs | null;
  quarantined_by: string | null;
  quarantine_reason: string | null;
  /** What differs from its baseline, where that is the reason. */
  quarantine_differences: JsonObject[] | null;
  purchased_at: EpochMs | null;
  racked_at: EpochMs | null;
  /** Until when its maker repairs it. */
  warranty_until: EpochMs | null;
  disposed_at: EpochMs | null;
  disposed_by: string | null;
  /** The record of its disposal. */
  disposal: JsonObject | null;
}

/** A server whose node was deleted without a disposal: kept for a while, so that who watches learns of it. */
export interface RemovedServerRecord {
  id: number;
  /** When it was removed. */
  created_at: EpochMs;
  uuid: string;
  name: string | null;
  owner: string | null;
  lessee: string | null;
  stage: Stage;
}

/** Keys of driver_info that say where a BMC is, in order. */
const ADDRESS_KEYS = ['redfish_address', 'ipmi_address', 'bampi_address'] as const;

/** The BMC's host as driver_info has it; null when it has none. Pure. */
export function bmcAddressOf(driver_info: JsonObject): string | null {
  for (const key of ADDRESS_KEYS) {
    const given = driver_info[key];
    if (typeof given !== 'string' || given === '') continue;
    if (!given.includes('://')) return given.slice(0, 255);
    return URL.canParse(given) ? new URL(given).host.slice(0, 255) : null;
  }
  return null;
}

/** Who made the server, and which one it is, as an inventory of the agent or of a BMC tells. Absent: not told. */
export function identityOf(
  inventory: JsonObject,
): Partial<Pick<ServerFacts, 'manufacturer' | 'product_name' | 'serial_number'>> {
  const vendor = inventory.system_vendor;
  if (typeof vendor !== 'object' || vendor === null || Array.isArray(vendor)) return {};
  const told: Partial<Record<'manufacturer' | 'product_name' | 'serial_number', string>> = {};
  for (const field of ['manufacturer', 'product_name', 'serial_number'] as const) {
    const word = vendor[field];
    if (typeof word === 'string' && word.trim() !== '') told[field] = word.trim().slice(0, 255);
  }
  return told;
}

/** What ends a quarantine. */
export const NO_QUARANTINE = {
  quarantined: false,
  quarantined_at: null,
  quarantined_by: null,
  quarantine_reason: null,
  quarantine_differences: null,
} as const satisfies Partial<ServerFacts>;
