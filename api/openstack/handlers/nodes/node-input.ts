import type { New } from '../../../../db/store.ts';
import { serviceError } from '../../../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../../../lifecycle/json.ts';
import { INTERFACE_KINDS, type InterfaceField, type NodeRecord } from '../../../../lifecycle/records.ts';
import { parseBoolean, UUID_LIKE } from '../../../http/value-syntax.ts';
import type { Api } from '../../handler.ts';
import { FIELDS, since } from '../../microversions.ts';
import { isNodeName } from '../../node-access.ts';

export type NodeInput = New<NodeRecord>;

const INTERFACE_FIELDS = INTERFACE_KINDS.map((kind): InterfaceField => `${kind}_interface`);

/** Fields that a client may give, by how their values are read. */
const MAPS = ['driver_info', 'properties', 'extra', 'instance_info', 'network_data'] as const;
const FLAGS = ['maintenance', 'console_enabled', 'protected', 'retired', 'disable_power_off'] as const;
const MAYBE_FLAGS = ['automated_clean', 'secure_boot'] as const;
const TEXTS = [
  'uuid',
  'name',
  'driver',
  'instance_uuid',
  'instance_name',
  'chassis_uuid',
  'resource_class',
  'owner',
  'lessee',
  'description',
  'retired_reason',
  'protected_reason',
  'boot_mode',
  'shard',
  'parent_node',
  ...INTERFACE_FIELDS,
] as const;

/** Words that name something else below /v1/nodes. */
const RESERVED_NAMES = new Set([
  'detail',
  'validate',
  'states',
  'vendor_passthru',
  'management',
  'maintenance',
]);

/**
 * The fields of a checked body as they are stored: words for booleans read, null objects emptied, names normalised.
 * Interfaces that are null are left out: their default is chosen later.
 * @throws InvalidParameterValue
 */
export function readNodeFields(body: JsonObject): NodeInput {
  const input: JsonObject = {};
  for (const field of MAPS) if (field in body) input[field] = body[field] ?? {};
  for (const field of FLAGS) {
    if (field in body) input[field] = body[field] === null ? false : parseBoolean(field, body[field]);
  }
  for (const field of MAYBE_FLAGS) {
    if (field in body) input[field] = body[field] === null ? null : parseBoolean(field, body[field]);
  }
  for (const field of TEXTS) if (field in body) input[field] = body[field] ?? null;
  for (const field of INTERFACE_FIELDS) if (input[field] === null) delete input[field];
  if (input.name === '') input.name = null;
  if ('conductor_group' in body) input.conductor_group = String(body.conductor_group ?? '').toLowerCase();
  for (const field of ['uuid', 'instance_uuid', 'chassis_uuid', 'parent_node']) {
    if (typeof input[field] === 'string' && UUID_LIKE.test(input[field]))
      input[field] = input[field].toLowerCase();
  }
  return input as unknown as NodeInput;
}

/**
 * Refuses values for fields younger than the request; null passes (reference: microversions, rules).
 * @throws NotAcceptable
 */
export function refuseNewerFields(fields: Readonly<Record<string, Json | undefined>>, minor: number): void {
  const ledger: Readonly<Record<string, number>> = FIELDS.node;
  for (const [field, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined && (ledger[field] ?? 1) > minor)
      throw serviceError('NotAcceptable', {});
  }
}

/** @throws InvalidParameterValue, NotAcceptable (no names before 1.5) */
export function checkNodeName(name: string, minor: number): void {
  if (!since('node_names', minor)) throw serviceError('NotAcceptable', {});
  if (!isNodeName(name, minor) || UUID_LIKE.test(name)) {
    throw serviceError('InvalidParameterValue', { why: `Invalid node name '${name}'.` });
  }
  if (RESERVED_NAMES.has(name)) {
    throw serviceError('InvalidParameterValue', {
      why: `The word "${name}" is reserved and can not be used as a node name. Reserved words are: ${[...RESERVED_NAMES].join(', ')}.`,
    });
  }
}

/** @throws InvalidParameterValue */
export async function requireChassis(api: Api, chassis_uuid: string): Promise<void> {
  if ((await api.store.chassis.get(chassis_uuid)) === null) {
    throw serviceError('InvalidParameterValue', { why: `Chassis ${chassis_uuid} could not be found.` });
  }
}
