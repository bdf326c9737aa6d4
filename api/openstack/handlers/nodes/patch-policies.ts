import { INTERFACE_KINDS } from '../../../../lifecycle/records.ts';
import { booleanOf } from '../../../http/value-syntax.ts';
import type { PatchStep } from '../../json-patch.ts';

/** Path prefix → the policy rule that a patch of it asks; the first match counts, as in Ironic. */
const PATH_RULES = [
  ['/instance_info', 'baremetal:node:update_instance_info'],
  ['/extra', 'baremetal:node:update_extra'],
  ['/driver_info', 'baremetal:node:update:driver_info'],
  ['/properties', 'baremetal:node:update:properties'],
  ['/chassis_uuid', 'baremetal:node:update:chassis_uuid'],
  ['/instance_uuid', 'baremetal:node:update:instance_uuid'],
  ['/instance_name', 'baremetal:node:update_instance_info'],
  ['/lessee', 'baremetal:node:update:lessee'],
  ['/owner', 'baremetal:node:update:owner'],
  ['/driver', 'baremetal:node:update:driver_interfaces'],
  ['/network_data', 'baremetal:node:update:network_data'],
  ['/conductor_group', 'baremetal:node:update:conductor_group'],
  ['/name', 'baremetal:node:update:name'],
  ['/retired', 'baremetal:node:update:retired'],
  ['/shard', 'baremetal:node:update:shard'],
  ['/parent_node', 'baremetal:node:update:parent_node'],
  ['/disable_power_off', 'baremetal:node:update:disable_power_off'],
  ...INTERFACE_KINDS.map(
    (kind) => [`/${kind}_interface`, 'baremetal:node:update:driver_interfaces'] as const,
  ),
] as const;

const GENERIC_RULE = 'baremetal:node:update';

/** The rules that all have to pass for a patch (reference: policy, patch_paths). */
export function patchPolicies(steps: readonly PatchStep[]): string[] {
  const rules = new Set<string>(steps.map(ruleFor));
  return rules.size === 0 ? [GENERIC_RULE] : [...rules];
}

function ruleFor(step: PatchStep): string {
  const known = PATH_RULES.find(([prefix]) => step.path.startsWith(prefix));
  if (known !== undefined) return known[1];
  return turnsCleaningOff(step) ? 'baremetal:node:disable_cleaning' : GENERIC_RULE;
}

function turnsCleaningOff(step: PatchStep): boolean {
  if (!step.path.startsWith('/automated_clean') || step.op === 'remove') return false;
  return typeof step.value === 'string' ? booleanOf(step.value) === false : step.value === false;
}
