import type { Caller } from '../../lifecycle/caller.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import { POWER_TARGETS, type PowerTarget } from '../../lifecycle/power.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { driverInfoProblems, refuseProblems } from './checks.ts';
import type { ProvisionDeps } from './provision.ts';
import { type Also, changeNode, type NodeRequest } from './reserve.ts';

/** Starts a power action: see ConductorClient.power. */
export async function power(
  deps: ProvisionDeps,
  node: NodeRecord,
  target: PowerTarget,
  timeout_s: number | null,
  caller: Caller,
  also?: Also,
): Promise<void> {
  const decide = async (fresh: NodeRecord): Promise<NodeRequest> => {
    const { result } = POWER_TARGETS[target];
    if (fresh.provision_state === 'cleaning' || fresh.provision_state === 'clean wait')
      throw serviceError('InvalidStateRequested', {
        action: target,
        node: fresh.uuid,
        state: fresh.provision_state,
        allowed: [],
      });
    if (fresh.disable_power_off && result === 'power off')
      throw serviceError('Conflict', {
        why: `Node ${fresh.uuid} may not be powered off: its disable_power_off is true.`,
      });
    refuseProblems(
      `Failed to validate power info of node ${fresh.uuid}`,
      driverInfoProblems(fresh, deps.drivers),
    );
    return {
      changes: { target_power_state: result, last_error: null },
      job: { kind: 'power', args: { target, timeout_s } },
    };
  };
  await changeNode(deps, node, caller, decide, also);
}
