import type { Json } from '../../../lifecycle/json.ts';
import { INTERFACE_KINDS, type InterfaceField, type NodeRecord } from '../../../lifecycle/records.ts';
import { since } from '../microversions.ts';
import { links, plain, stamps, structure, subLinks, time } from './fields.ts';
import { maskSecrets } from './mask-secrets.ts';
import type { FieldView, ResourceView, ViewContext } from './view.ts';

const OWNERS = ['owner', 'lessee'] as const;

/** A field that callers without `rule` on the node see replaced (reference: policy, field_redaction). */
function guarded(
  field: FieldView<NodeRecord>,
  rule: string,
  instead: (permission: string) => Json,
): FieldView<NodeRecord> {
  return {
    columns: [...field.columns, ...OWNERS],
    of(record, context) {
      if (context.sees_all_fields || mayRead(rule, record, context)) return field.of(record, context);
      return instead(rule);
    },
  };
}

function mayRead(rule: string, node: NodeRecord, context: ViewContext): boolean {
  const target = { 'node.owner': node.owner, 'node.lessee': node.lessee };
  return context.policy.allows(rule, target, context.caller);
}

const redactedText = (rule: string) => `** Value Redacted - Requires ${rule} permission. **`;
const redactedObject = (rule: string) => ({ content: `** Redacted - Requires ${rule} permission. **` });

const driverInfo: FieldView<NodeRecord> = {
  columns: ['driver_info'],
  of: (node, context) =>
    context.policy.allows('show_password', {}, context.caller)
      ? node.driver_info
      : maskSecrets(node.driver_info, 'driver_info'),
};

const driverInternalInfo: FieldView<NodeRecord> = {
  columns: ['driver_internal_info'],
  of: (node, context) =>
    context.policy.allows('show_password', {}, context.caller)
      ? node.driver_internal_info
      : maskSecrets(node.driver_internal_info),
};

const instanceInfo: FieldView<NodeRecord> = {
  columns: ['instance_info'],
  of: (node, context) =>
    context.policy.allows('show_instance_secrets', {}, context.caller)
      ? node.instance_info
      : maskSecrets(node.instance_info, 'instance_info'),
};

/** A provision state as clients of an old version know it. */
export function provisionStateAt(state: NodeRecord['provision_state'], minor: number): string | null {
  if (state === 'available' && !since('provision_state_available', minor)) return null;
  if (state === 'inspect wait' && !since('inspect_wait', minor)) return 'inspecting';
  return state;
}

const interfaceFields = Object.fromEntries(
  INTERFACE_KINDS.map((kind) => [
    `${kind}_interface`,
    plain<NodeRecord, InterfaceField>(`${kind}_interface`),
  ]),
) as Record<InterfaceField, FieldView<NodeRecord>>;

/** How a node looks. */
export const NODE_VIEW: ResourceView<'node', NodeRecord> = {
  resource: 'node',
  list_fields: ['instance_uuid', 'maintenance', 'power_state', 'provision_state', 'uuid', 'name'],
  columns: ['uuid', 'owner', 'lessee'],
  unsortable: [
    'properties',
    'driver_info',
    'extra',
    'instance_info',
    'driver_internal_info',
    'clean_step',
    'deploy_step',
    'service_step',
    'raid_config',
    'target_raid_config',
    'traits',
    'network_data',
    'conductor',
    'chassis_uuid',
    'allocation_uuid',
    'links',
    'ports',
    'states',
    'portgroups',
    'volume',
  ],
  fields: {
    uuid: plain('uuid'),
    name: plain('name'),
    driver: plain('driver'),
    driver_info: guarded(driverInfo, 'baremetal:node:get:driver_info', redactedObject),
    driver_internal_info: guarded(
      driverInternalInfo,
      'baremetal:node:get:driver_internal_info',
      redactedObject,
    ),
    properties: structure('properties'),
    instance_info: instanceInfo,
    instance_uuid: plain('instance_uuid'),
    instance_name: plain('instance_name'),
    extra: structure('extra'),
    chassis_uuid: plain('chassis_uuid'),
    power_state: plain('power_state'),
    target_power_state: plain('target_power_state'),
    provision_state: {
      columns: ['provision_state'],
      of: (node, context) => provisionStateAt(node.provision_state, context.minor),
    },
    target_provision_state: plain('target_provision_state'),
    provision_updated_at: time('provision_updated_at'),
    last_error: guarded(plain('last_error'), 'baremetal:node:get:last_error', redactedText),
    reservation: guarded(plain('reservation'), 'baremetal:node:get:reservation', redactedText),
    maintenance: plain('maintenance'),
    maintenance_reason: plain('maintenance_reason'),
    fault: plain('fault'),
    console_enabled: plain('console_enabled'),
    inspection_started_at: time('inspection_started_at'),
    inspection_finished_at: time('inspection_finished_at'),
    clean_step: structure('clean_step'),
    deploy_step: structure('deploy_step'),
    service_step: structure('service_step'),
    raid_config: structure('raid_config'),
    target_raid_config: structure('target_raid_config'),
    resource_class: plain('resource_class'),
    ...interfaceFields,
    traits: structure('traits', []),
    conductor_group: plain('conductor_group'),
    conductor: {
      columns: ['driver', 'conductor_group'],
      of: (node, context) => context.conductorOf(node),
    },
    automated_clean: plain('automated_clean'),
    protected: plain('protected'),
    protected_reason: plain('protected_reason'),
    owner: plain('owner'),
    lessee: plain('lessee'),
    description: plain('description'),
    allocation_uuid: plain('allocation_uuid'),
    retired: plain('retired'),
    retired_reason: plain('retired_reason'),
    network_data: structure('network_data'),
    boot_mode: plain('boot_mode'),
    secure_boot: plain('secure_boot'),
    shard: plain('shard'),
    parent_node: plain('parent_node'),
    disable_power_off: plain('disable_power_off'),
    health: plain('health'),
    ...stamps<NodeRecord>(),
    links: links('nodes', 'uuid'),
    ports: subLinks('nodes', 'uuid', 'ports'),
    states: subLinks('nodes', 'uuid', 'states'),
    portgroups: subLinks('nodes', 'uuid', 'portgroups'),
    volume: subLinks('nodes', 'uuid', 'volume'),
  },
};

/** GET /v1/nodes/{node}/states: part of the node, without links. */
export const NODE_STATES_VIEW: ResourceView<'states', NodeRecord> = {
  resource: 'states',
  list_fields: [],
  unsortable: [],
  columns: ['uuid'],
  fields: {
    console_enabled: NODE_VIEW.fields.console_enabled,
    last_error: NODE_VIEW.fields.last_error,
    power_state: NODE_VIEW.fields.power_state,
    provision_state: NODE_VIEW.fields.provision_state,
    target_power_state: NODE_VIEW.fields.target_power_state,
    target_provision_state: NODE_VIEW.fields.target_provision_state,
    provision_updated_at: NODE_VIEW.fields.provision_updated_at,
    raid_config: NODE_VIEW.fields.raid_config,
    target_raid_config: NODE_VIEW.fields.target_raid_config,
    boot_mode: NODE_VIEW.fields.boot_mode,
    secure_boot: NODE_VIEW.fields.secure_boot,
  },
};
