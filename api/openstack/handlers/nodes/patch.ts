import { isDeepStrictEqual } from 'node:util';
import { serviceError } from '../../../../lifecycle/errors.ts';
import { chooseInterfaces, type Interfaces, interfacesOf } from '../../../../lifecycle/interfaces.ts';
import type { Json, JsonObject } from '../../../../lifecycle/json.ts';
import { INTERFACE_KINDS, type InterfaceField, type NodeRecord } from '../../../../lifecycle/records.ts';
import type { Api, ApiRequest, Handler } from '../../handler.ts';
import { requireHardwareType } from '../../hardware-types.ts';
import { applyPatch, type PatchStep, patchValues, readPatch } from '../../json-patch.ts';
import { since } from '../../microversions.ts';
import { findLinkedNode, findNodeFor } from '../../node-access.ts';
import { isTrue } from '../../paging.ts';
import { checkNodeName, readNodeFields, refuseNewerFields, requireChassis } from './node-input.ts';
import { patchPolicies } from './patch-policies.ts';
import { checkPatchRules, checkPatchState, endsAllocation } from './patch-rules.ts';
import { wholeNode } from './show.ts';

const INTERFACE_FIELDS = INTERFACE_KINDS.map((kind): InterfaceField => `${kind}_interface`);

/** Fields that PATCH may change. */
const PATCHABLE = [
  'automated_clean',
  'chassis_uuid',
  'conductor_group',
  'description',
  'disable_power_off',
  'driver',
  'driver_info',
  'extra',
  'instance_info',
  'instance_name',
  'instance_uuid',
  'lessee',
  'maintenance',
  'name',
  'network_data',
  'owner',
  'parent_node',
  'properties',
  'protected',
  'protected_reason',
  'resource_class',
  'retired',
  'retired_reason',
  'shard',
  ...INTERFACE_FIELDS,
] as const;

type Patchable = (typeof PATCHABLE)[number];

/** PATCH /v1/nodes/{node} */
export const patchNode: Handler = async (request, api) => {
  const reset_interfaces = isTrue(request.query.reset_interfaces);
  const steps = readNodePatch(request, reset_interfaces);
  const node = await findNodeFor(api, request, ...patchPolicies(steps));
  await checkPatchState(api, request, node, steps);
  for (const name of patchValues(steps, '/name')) {
    if (typeof name === 'string' && name !== '') checkNodeName(name, request.minor);
  }
  const changes = await changesOf(api, request, node, steps);
  if (
    'chassis_uuid' in changes &&
    changes.chassis_uuid === null &&
    !since('remove_chassis_uuid', request.minor)
  ) {
    throw serviceError('NotAcceptable', {});
  }
  Object.assign(changes, await interfaceChanges(api, node, changes, steps, reset_interfaces));
  checkPatchRules(node, changes);
  const ended = endsAllocation(node, changes) ? node.allocation_uuid : null;
  if (ended !== null) changes.allocation_uuid = null;
  const updated = await api.conductor.updateNode(node, changes, request.caller);
  if (ended !== null) await api.store.allocations.delete(ended);
  return wholeNode(api, request, updated, 200);
};

/** @throws InvalidParameterValue, NotAcceptable, PatchError */
function readNodePatch(request: ApiRequest, reset_interfaces: boolean): PatchStep[] {
  if (Array.isArray(request.body) && request.body.some((step) => pathOf(step).startsWith('/traits'))) {
    throw serviceError('InvalidParameterValue', {
      why: 'Cannot update node traits via node patch. Node traits should be updated via the node traits API.',
    });
  }
  const steps = readPatch(request.body, PATCHABLE, request.minor);
  for (const step of steps) {
    if (step.op === 'remove') continue;
    refuseNewerFields({ [step.segments[0] ?? '']: step.value }, request.minor);
  }
  if (reset_interfaces && patchValues(steps, '/driver').length === 0) {
    throw serviceError('InvalidParameterValue', {
      why: "The reset_interfaces parameter can only be used when changing the node's driver.",
    });
  }
  return steps;
}

function pathOf(step: Json): string {
  return step !== null && typeof step === 'object' && !Array.isArray(step) ? String(step.path) : '';
}

/** The fields that really change, as stored. @throws InvalidParameterValue, PatchError */
async function changesOf(
  api: Api,
  request: ApiRequest,
  node: NodeRecord,
  steps: readonly PatchStep[],
): Promise<Partial<NodeRecord>> {
  const before = Object.fromEntries(PATCHABLE.map((field) => [field, node[field]])) as JsonObject;
  const after = applyPatch(before, steps);
  if (after.driver === undefined || after.driver === null) {
    throw serviceError('PatchError', { why: 'the driver of a node cannot be removed.' });
  }
  for (const field of PATCHABLE) after[field] ??= null;
  api.schema('node_patch')(after);
  const input = readNodeFields(after) as Record<Patchable, unknown>;
  await resolveParent(api, request, node, steps, input);
  const changes: Record<string, unknown> = {};
  for (const field of PATCHABLE) {
    if (field in input && !isDeepStrictEqual(input[field], before[field])) changes[field] = input[field];
  }
  const changed = changes as Partial<NodeRecord>;
  if (typeof changed.chassis_uuid === 'string') await requireChassis(api, changed.chassis_uuid);
  return withConsequences(node, changed);
}

async function resolveParent(
  api: Api,
  request: ApiRequest,
  node: NodeRecord,
  steps: readonly PatchStep[],
  input: Record<Patchable, unknown>,
): Promise<void> {
  const wanted = patchValues(steps, '/parent_node').at(-1);
  if (typeof wanted !== 'string' || wanted === '') return;
  input.parent_node = (await findLinkedNode(api, request, 'parent_node', wanted, node.owner)).uuid;
}

/** What a change brings with it (reference: state-machine, cross_rules). */
function withConsequences(node: NodeRecord, changes: Partial<NodeRecord>): Partial<NodeRecord> {
  const all = { ...changes };
  if (changes.maintenance === false) Object.assign(all, { maintenance_reason: null, fault: null });
  if (changes.protected === false && node.protected_reason !== null) all.protected_reason = null;
  if (changes.retired === false && node.retired_reason !== null) all.retired_reason = null;
  const display_name = changes.instance_info?.display_name;
  const unnamed = node.instance_name === null && (changes.instance_name ?? null) === null;
  if (unnamed && typeof display_name === 'string' && display_name !== '') all.instance_name = display_name;
  return all;
}

/**
 * Checks a change of driver, group or interfaces with the conductors, and fills in the defaults of interfaces that were
 * reset.
 * @throws NoValidHost, InvalidParameterValue
 */
async function interfaceChanges(
  api: Api,
  node: NodeRecord,
  changes: Partial<NodeRecord>,
  steps: readonly PatchStep[],
  reset_interfaces: boolean,
): Promise<Partial<Interfaces>> {
  const named = INTERFACE_FIELDS.filter((field) => steps.some((step) => step.segments[0] === field));
  const touched = named.length > 0 || changes.driver !== undefined || changes.conductor_group !== undefined;
  if (!touched) return {};
  const driver = changes.driver ?? node.driver;
  const facts = await requireHardwareType(api, driver, changes.conductor_group ?? node.conductor_group);
  if (named.length === 0 && changes.driver === undefined) return {};
  const before = interfacesOf(node);
  const wanted: Partial<Record<InterfaceField, string | null>> =
    reset_interfaces && changes.driver !== undefined ? {} : { ...before };
  for (const field of named) wanted[field] = changes[field] ?? lastValue(steps, field, before[field]);
  const chosen = chooseInterfaces(driver, facts, wanted);
  const changed = INTERFACE_FIELDS.filter((field) => chosen[field] !== before[field]);
  return Object.fromEntries(changed.map((field) => [field, chosen[field]]));
}

/** What a patch leaves in an interface field; null: the default is to be chosen. */
function lastValue(steps: readonly PatchStep[], field: InterfaceField, before: string): string | null {
  const last = steps.findLast((step) => step.segments[0] === field);
  if (last === undefined) return before;
  return last.op === 'remove' || typeof last.value !== 'string' ? null : last.value;
}
