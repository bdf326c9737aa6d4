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
