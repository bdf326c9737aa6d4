import type { Stage } from '../../../lifecycle/stages.ts';
import type { ProvisionState } from '../../../lifecycle/states.ts';
import type { ToolName } from '../../../lifecycle/tools.ts';

export type { ProvisionState, Stage, ToolName };

/** Bodies of the life-cycle API as far as the portal reads them: api/lifecycle/openapi.yaml. Times are ISO 8601. */
export interface Server {
  uuid: string;
  name: string | null;
  serial_number: string | null;
  vendor: string | null;
  manufacturer: string | null;
  product_name: string | null;
  model_uuid: string | null;
  flavor_uuid: string | null;
  resource_class: string | null;
  availability_zone: string | null;
  bmc_address: string | null;
  service_address: string | null;
  vlan_id: number | null;
  rack: string | null;
  rack_unit: number | null;
  driver: string;
  power_state: string | null;
  stage: Stage;
  stage_changed_at: string | null;
  attention: boolean;
  provision_state: ProvisionState;
  target_provision_state: ProvisionState | null;
  provision_updated_at: string | null;
  install_state: 'DEPLOY_START' | 'DEPLOYING' | 'INSTALLED' | 'UNRECOVERABLE_ERROR' | null;
  install_note: string | null;
  owner: string | null;
  lessee: string | null;
  order_uuid: string | null;
  retired: boolean;
  health: string | null;
  fault: string | null;
  maintenance: {
    side: 'customer' | 'provider';
    by: string | null;
    reason: string | null;
    since: string | null;
    until: string | null;
  } | null;
  notes?: string | null;
  created_at: string | null;
  updated_at: string | null;
}

/** What may be done with a server now, and why not otherwise. */
export interface ToolView {
  tool: ToolName;
  title: string;
  reboots: boolean;
  allowed: boolean;
  reason: string | null;
  stages: Stage[];
}

export interface ServerDetail extends Server {
  attention_reasons: string[];
  busy: boolean;
  side: 'customer' | 'provider';
  /** What its provision state takes in the bare metal API. */
  verbs: string[];
  tools: ToolView[];
}

export interface ServerPage {
  servers: Server[];
  total: number;
  next?: string;
}

export interface Counts {
  stages: Partial<Record<Stage, { count: number; attention: number }>>;
  total: number;
  attention: number;
}

/** Who is signed in, and where: `/portal/session`. */
export interface Session {
  user: string;
  project: { id: string; name: string } | null;
  system: boolean;
  roles: string[];
  expires_at: string;
}

/** What was tried with a server. */
export interface Attempt {
  uuid: string;
  kind: string;
  state: 'queued' | 'running' | 'waiting' | 'done' | 'failed' | 'cancelled';
  asked: Record<string, string | number | boolean | null>;
  request_id: string | null;
  user: string | null;
  project: string | null;
  conductor: string | null;
  created_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  waits_for: string | null;
  waits_until: string | null;
  cause: string | null;
  next_action: string | null;
  steps: AttemptStep[];
  remaining_steps: string[];
  events: { uuid: string; severity: string | null; event: string | null; created_at: string | null }[];
}

export interface AttemptStep {
  step: string;
  started_at: string | null;
  ended_at: string | null;
  outcome: 'done' | 'wait' | 'again' | 'fail' | 'interrupted' | null;
  detail: string | null;
  commands: { command: string; answer: string; at: string | null; times: number; duration_ms: number }[];
}

export interface Hardware {
  inventory: Record<string, unknown> | null;
  cabling:
    | {
        port: string;
        mac: string | null;
        verdict: string;
        expected: string | null;
        actual: string | null;
        cause: string | null;
      }[]
    | null;
  ports:
    | { uuid: string; address: string; name: string | null; local_link_connection: Record<string, unknown> }[]
    | null;
  bios: { name: string; value: string | null; updated_at: string | null }[] | null;
  firmware:
    | {
        component: string;
        initial_version: string | null;
        current_version: string | null;
        last_version_flashed: string | null;
      }[]
    | null;
  raid: { current: RaidConfig; target: RaidConfig } | null;
  properties: Record<string, unknown> | null;
  boot_mode: string | null;
  secure_boot: boolean | null;
}

export interface RaidConfig {
  logical_disks?: {
    raid_level?: string;
    size_gb?: number | string;
    physical_disks?: unknown[];
    number_of_physical_disks?: number;
  }[];
}

export interface AuditEntry {
  id: number;
  created_at: string | null;
  action: string;
  user: string | null;
  project: string | null;
  request_id: string | null;
  detail: Record<string, unknown>;
}

/** An attempt of a server to register. */
export interface Registration {
  uuid: string;
  system_uuid: string;
  node_uuid: string | null;
  state: 'running' | 'succeeded' | 'failed';
  step: string;
  cause: string | null;
  address: string | null;
  serial_number: string | null;
  manufacturer: string | null;
  product_name: string | null;
  log_tail: string | null;
  finished_at: string | null;
  created_at: string | null;
}
