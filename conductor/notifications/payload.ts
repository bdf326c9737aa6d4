import type { SatelliteObject } from '../../lifecycle/announced.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { isSecretName } from '../../lifecycle/secret-names.ts';
import { CRUD_PAYLOADS } from './crud-payloads.ts';

/** Payloads of Ironic's versioned notifications (ironic/objects/*.py), as oslo.versionedobjects writes them. */

type Field<R> = keyof R & string;

const NODE: readonly Field<NodeRecord>[] = [
  ...(['clean_step', 'conductor_group', 'console_enabled', 'created_at', 'deploy_step'] as const),
  ...(['description', 'disable_power_off', 'driver', 'extra', 'boot_mode', 'secure_boot'] as const),
  ...(['inspection_finished_at', 'inspection_started_at', 'instance_uuid', 'last_error'] as const),
  ...(['maintenance', 'maintenance_reason', 'fault', 'name', 'owner', 'lessee', 'power_state'] as const),
  ...(['bios_interface', 'boot_interface', 'console_interface', 'deploy_interface'] as const),
  ...(['inspect_interface', 'management_interface', 'network_interface', 'power_interface'] as const),
  ...(['raid_interface', 'rescue_interface', 'storage_interface', 'vendor_interface'] as const),
  ...(['properties', 'protected', 'protected_reason', 'provision_state', 'provision_updated_at'] as const),
  ...(['resource_class', 'retired', 'retired_reason', 'target_power_state'] as const),
  ...(['target_provision_state', 'traits', 'updated_at', 'uuid'] as const),
];

const DATES = [
  ...['created_at', 'updated_at', 'provision_updated_at'],
  ...['inspection_started_at', 'inspection_finished_at'],
];

const MASK = '******';

/** `NodePayload` and those built on it: the node's fields, and `more`. */
export function nodePayload(
  name: keyof typeof NODE_VERSIONS,
  node: Partial<NodeRecord>,
  more: JsonObject = {},
): JsonObject {
  const own: readonly Field<NodeRecord>[] = NODE_FIELDS[name] ?? [];
  return versioned(name, NODE_VERSIONS[name], { ...pick(node, [...NODE, ...own]), ...more });
}

const NODE_VERSIONS = {
  NodePayload: '1.17',
  NodeSetPowerStatePayload: '1.17',
  NodeCorrectedPowerStatePayload: '1.17',
  NodeSetProvisionStatePayload: '1.18',
  NodeCRUDPayload: '1.15',
} as const;

const NODE_FIELDS: Readonly<Partial<Record<keyof typeof NODE_VERSIONS, readonly Field<NodeRecord>[]>>> = {
  NodeSetProvisionStatePayload: ['instance_info', 'driver_internal_info'],
  NodeCRUDPayload: ['instance_info', 'driver_info', 'chassis_uuid'],
};

/** The payload of what a client creates, changes or deletes, other than a node. */
export function crudPayload(object: SatelliteObject, record: object): JsonObject {
  const { name, version, fields, defaults } = CRUD_PAYLOADS[object];
  return versioned(name, version, pick(record, fields, defaults));
}

function versioned(name: string, version: string, data: JsonObject): JsonObject {
  return {
    'ironic_object.name': name,
    'ironic_object.namespace': 'ironic',
    'ironic_object.version': version,
    'ironic_object.data': data,
  };
}

/** The fields, times in ISO 8601 and secrets masked; their default, or null, for what the record does not have yet. */
function pick(record: object, fields: readonly string[], defaults: JsonObject = {}): JsonObject {
  return Object.fromEntries(
    fields.map((field) => {
      const value = ((record as JsonObject)[field] ?? defaults[field] ?? null) as Json;
      if (DATES.includes(field) && typeof value === 'number')
        return [field, new Date(value).toISOString().replace(/\.\d+Z$/, 'Z')];
      return [field, masked(value, field)];
    }),
  );
}

function masked(value: Json, field: string): Json {
  if (Array.isArray(value)) return value.map((item) => masked(item, field));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isSecretName(name, field) && item !== null ? MASK : masked(item, field),
    ]),
  );
}
