import { serviceError } from '../../../../lifecycle/errors.ts';
import { INTERFACE_KINDS, type NodeRecord } from '../../../../lifecycle/records.ts';
import { isUpdatable, type ProvisionState } from '../../../../lifecycle/states.ts';
import type { Api, ApiRequest } from '../../handler.ts';
import { type PatchStep, patchValues } from '../../json-patch.ts';
import { since } from '../../microversions.ts';
import { nodeTarget } from '../../node-access.ts';

/** States in which interfaces, the resource class and an allocated instance_uuid may change. */
const HARDWARE_CHANGE_STATES: readonly ProvisionState[] = [
  'enroll',
  'inspecting',
  'inspect wait',
  'manageable',
  'available',
];

/**
 * Whether the node's state lets it be patched at all.
 * @throws Conflict
 */
export async function checkPatchState(
  api: Api,
  request: ApiRequest,
  node: NodeRecord,
  steps: readonly PatchStep[],
): Promise<void> {
  if (node.maintenance && isOnlyInstanceRemoval(steps)) return;
  if (node.target_provision_state !== null && !isUpdatable(node.provision_state)) {
    throw conflict(`Node ${node.uuid} can not be updated while a state transition is in progress.`);
  }
  if (node.provision_state === 'inspecting' && since('inspect_wait', request.minor)) {
    throw conflict(`Cannot update node "${node.uuid}" while it is in state "inspecting".`);
  }
  if (patchValues(steps, '/owner').length > 0) await checkOwnerChange(api, request, node);
}

function isOnlyInstanceRemoval(steps: readonly PatchStep[]): boolean {
  const [only, ...rest] = steps;
  return rest.length === 0 && only?.op === 'remove' && only.path === '/instance_uuid';
}

async function checkOwnerChange(api: Api, request: ApiRequest, node: NodeRecord): Promise<void> {
  const rule = 'baremetal:node:update_owner_provisioned';
  if (node.provision_state === 'active' && !api.policy.allows(rule, nodeTarget(node), request.caller)) {
    throw conflict(`Cannot update owner of node "${node.uuid}" while it is in state "active".`);
  }
  if (node.allocation_uuid === null) return;
  const allocation = await api.store.allocations.get(node.allocation_uuid);
  if (allocation !== null && allocation.owner !== null) {
    throw conflict(
      `Cannot update owner of node "${node.uuid}" while it is allocated to an allocation with an owner.`,
    );
  }
}

/**
 * Whether the node's state allows these changes (reference: state-machine, cross_rules: protected, retired,
 * interface_changes, resource_class_change, instance_uuid).
 * @throws Conflict, InvalidParameterValue, NodeAssociated
 */
export function checkPatchRules(node: NodeRecord, changes: Partial<NodeRecord>): void {
  checkProtected(node, changes);
  checkRetired(node, changes);
  checkHardware(node, changes);
  if (changes.instance_uuid && node.instance_uuid !== null) {
    throw serviceError('NodeAssociated', { node: node.uuid, instance: node.instance_uuid });
  }
  if (
    endsAllocation(node, changes) &&
    !node.maintenance &&
    !HARDWARE_CHANGE_STATES.includes(node.provision_state)
  ) {
    throw wrongState(node, 'instance_uuid', ' or in maintenance mode');
  }
}

/** Whether the changes take the instance of an allocated node away: the allocation goes with it. */
export function endsAllocation(node: NodeRecord, changes: Partial<NodeRecord>): boolean {
  return changes.instance_uuid === null && node.allocation_uuid !== null;
}

function checkProtected(node: NodeRecord, changes: Partial<NodeRecord>): void {
  if (changes.protected === true && node.provision_state !== 'active' && node.provision_state !== 'rescue') {
    throw conflict(`Node ${node.uuid} can only be protected in states active and rescue.`);
  }
  if (changes.protected_reason && !(changes.protected ?? node.protected)) {
    throw serviceError('InvalidParameterValue', {
      why: 'The protected_reason field can only be set when protected is true.',
    });
  }
}

function checkRetired(node: NodeRecord, changes: Partial<NodeRecord>): void {
  if (changes.retired === true && node.provision_state === 'available') {
    throw conflict(`Node ${node.uuid} can not be retired in state "available": use "manage" first.`);
  }
  if (changes.retired_reason && !(changes.retired ?? node.retired)) {
    throw serviceError('InvalidParameterValue', {
      why: 'The retired_reason field can only be set when retired is true.',
    });
  }
}

function checkHardware(node: NodeRecord, changes: Partial<NodeRecord>): void {
  const settled = !HARDWARE_CHANGE_STATES.includes(node.provision_state);
  const field = INTERFACE_KINDS.map((kind) => `${kind}_interface` as const).find(
    (name) => changes[name] !== undefined,
  );
  // The maintenance of the patch itself counts.
  const maintenance = changes.maintenance ?? node.maintenance;
  if (settled && !maintenance && field !== undefined)
    throw wrongState(node, field, ' or in maintenance mode');
  if (settled && changes.resource_class !== undefined && node.resource_class)
    throw wrongState(node, 'resource_class', '');
  if (changes.driver !== undefined && node.console_enabled) {
    throw conflict(
      `Node ${node.uuid} can not update the driver while the console is enabled. Please stop the console first.`,
    );
  }
}

function wrongState(node: NodeRecord, field: string, unless: string) {
  return conflict(
    `Node ${node.uuid} can not have ${field} updated unless it is in one of allowed (${HARDWARE_CHANGE_STATES.join(', ')}) ` +
      `states${unless}. Current state is '${node.provision_state}'.`,
  );
}

function conflict(why: string) {
  return serviceError('Conflict', { why });
}
