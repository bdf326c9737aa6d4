import type { Json, JsonObject } from './json.ts';
import type { PowerState } from './power.ts';
import type { ProvisionState } from './states.ts';

/**
 * The domain records: one interface per table, each field spelt as in Ironic's API (reference: resources of API 1.115).
 * A record is what a repository of `db/` returns: secrets in clear, JSON parsed, times as numbers.
 */

/** Milliseconds since 1970-01-01T00:00:00Z, on the database's clock. */
export type EpochMs = number;

/** What every record has. `id` orders lists and never leaves the service. */
export interface Stored {
  id: number;
  created_at: EpochMs;
  updated_at: EpochMs | null;
}

export const INTERFACE_KINDS = [
  'bios',
  'boot',
  'console',
  'deploy',
  'firmware',
  'inspect',
  'management',
  'network',
  'power',
  'raid',
  'rescue',
  'storage',
  'vendor',
] as const;

/** The 13 kinds of hardware interface; each has a `<kind>_interface` field on the node. */
export type InterfaceKind = (typeof INTERFACE_KINDS)[number];
export type InterfaceField = `${InterfaceKind}_interface`;

export type NodeFault = 'power failure' | 'clean failure' | 'rescue abort failure' | 'service failure';

/** A step as stored in clean_step, deploy_step and service_step: `{}` when none runs. */
export type StepView = JsonObject;

export interface NodeRecord extends Stored, Record<InterfaceField, string> {
  uuid: string;
  name: string | null;
  driver: string;
  driver_info: JsonObject;
  driver_internal_info: JsonObject;
  properties: JsonObject;
  instance_info: JsonObject;
  instance_uuid: string | null;
  instance_name: string | null;
  extra: JsonObject;
  chassis_uuid: string | null;
  power_state: PowerState | null;
  target_power_state: PowerState | null;
  provision_state: ProvisionState;
  target_provision_state: ProvisionState | null;
  provision_updated_at: EpochMs | null;
  last_error: string | null;
  /** Host name of the conductor that holds the node; null when free. */
  reservation: string | null;
  /** The exclusive job behind `reservation`; null when free. */
  reservation_job_id: number | null;
  maintenance: boolean;
  maintenance_reason: string | null;
  fault: NodeFault | null;
  console_enabled: boolean;
  inspection_started_at: EpochMs | null;
  inspection_finished_at: EpochMs | null;
  clean_step: StepView;
  deploy_step: StepView;
  service_step: StepView;
  raid_config: JsonObject;
  target_raid_config: JsonObject;
  resource_class: string | null;
  /** Sorted; kept in a table of their own. */
  traits: string[];
  conductor_group: string;
  automated_clean: boolean | null;
  protected: boolean;
  protected_reason: string | null;
  owner: string | null;
  lessee: string | null;
  description: string | null;
  allocation_uuid: string | null;
  retired: boolean;
  retired_reason: string | null;
  network_data: JsonObject;
  boot_mode: 'bios' | 'uefi' | null;
  secure_boot: boolean | null;
  shard: string | null;
  parent_node: string | null;
  disable_power_off: boolean;
  health: 'OK' | 'Warning' | 'Critical' | null;
}

export interface PortRecord extends Stored {
  uuid: string;
  address: string;
  node_uuid: string;
  portgroup_uuid: string | null;
  extra: JsonObject;
  internal_info: JsonObject;
  local_link_connection: JsonObject;
  pxe_enabled: boolean;
  physical_network: string | null;
  is_smartnic: boolean;
  name: string | null;
  description: string | null;
  vendor: string | null;
  category: string | null;
  available_for_dynamic_portgroup: boolean;
}

export interface PortgroupRecord extends Stored {
  uuid: string;
  name: string | null;
  node_uuid: string;
  address: string | null;
  extra: JsonObject;
  internal_info: JsonObject;
  standalone_ports_supported: boolean;
  mode: string;
  properties: JsonObject;
  physical_network: string | null;
  category: string | null;
  dynamic_portgroup: boolean;
}

export interface ChassisRecord extends Stored {
  uuid: string;
  description: string | null;
  extra: JsonObject;
}

export interface AllocationRecord extends Stored {
  uuid: string;
  name: string | null;
  resource_class: string | null;
  traits: string[];
  candidate_nodes: string[];
  node_uuid: string | null;
  state: 'allocating' | 'active' | 'error';
  last_error: string | null;
  extra: JsonObject;
  owner: string | null;
  /** Host name of the conductor that matches it, while allocating. */
  conductor: string | null;
}

export interface DeployTemplateRecord extends Stored {
  uuid: string;
  name: string;
  steps: JsonObject[];
  extra: JsonObject;
}

export interface RunbookRecord extends Stored {
  uuid: string;
  name: string;
  steps: JsonObject[];
  disable_ramdisk: boolean;
  extra: JsonObject;
  public: boolean;
  owner: string | null;
  description: string | null;
  traits: string[];
}

export interface VolumeConnectorRecord extends Stored {
  uuid: string;
  node_uuid: string;
  type: string;
  connector_id: string;
  extra: JsonObject;
}

export interface VolumeTargetRecord extends Stored {
  uuid: string;
  node_uuid: string;
  volume_type: string;
  boot_index: number;
  volume_id: string;
  properties: JsonObject;
  extra: JsonObject;
}

export interface InspectionRuleRecord extends Stored {
  uuid: string;
  description: string | null;
  priority: number;
  phase: string;
  sensitive: boolean;
  conditions: JsonObject[];
  actions: JsonObject[];
}

export interface BiosSettingRecord extends Stored {
  node_uuid: string;
  name: string;
  value: string | null;
  attribute_type: string | null;
  allowable_values: string[] | null;
  lower_bound: number | null;
  upper_bound: number | null;
  min_length: number | null;
  max_length: number | null;
  read_only: boolean | null;
  reset_required: boolean | null;
  unique: boolean | null;
}

export interface FirmwareComponentRecord extends Stored {
  node_uuid: string;
  component: string;
  initial_version: string;
  current_version: string | null;
  last_version_flashed: string | null;
  vendor: string | null;
  model: string | null;
  serial_number: string | null;
}

export interface InventoryRecord extends Stored {
  node_uuid: string;
  inventory: JsonObject;
  plugin_data: JsonObject;
}

export interface HistoryRecord extends Stored {
  uuid: string;
  node_uuid: string;
  severity: 'ERROR' | 'INFO';
  event: string;
  event_type: string | null;
  conductor: string | null;
  user: string | null;
  project: string | null;
  state: string | null;
  target_provision_state: string | null;
  duration_seconds: number | null;
}

/** What a conductor can do with one hardware type; written when it starts, read by the API. */
export interface HardwareTypeFacts {
  /** driver_info property → its description. */
  properties: Record<string, string>;
  /** driver_info properties that are secret. */
  secrets: string[];
  /** Enabled interfaces of each kind, in order of preference, and the one chosen when a node names none. */
  interfaces: Record<InterfaceKind, { enabled: string[]; default: string | null }>;
}

export interface ConductorRecord extends Stored {
  hostname: string;
  conductor_group: string;
  online: boolean;
  /** Last heartbeat. `alive` = online and not older than `[conductor]heartbeat_timeout`. */
  heartbeat_at: EpochMs;
  hardware_types: Record<string, HardwareTypeFacts>;
}

/** Any value that a record's field may hold. */
export type FieldValue = Json | undefined;
