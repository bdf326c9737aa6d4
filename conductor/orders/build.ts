import type { Caller } from '../../lifecycle/caller.ts';
import { type OrderRecord, setupSteps } from '../../lifecycle/orders.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { Bus } from '../bus/bus.ts';
import type { Notifier } from '../notifications/notifier.ts';
import type { Placement } from '../placement.ts';
import { provision } from '../requests/provision.ts';
import type { ConductorDeps } from '../step.ts';

/** What orders are carried out with. */
export interface OrderDeps extends ConductorDeps {
  bus: Bus;
  placement: Placement;
  notifier: Pick<Notifier, 'nodeChanged' | 'powerCorrected' | 'consoleChanged'>;
}

/** Sets a server up and installs it, as the order says. @throws ServiceError */
export async function startBuild(deps: OrderDeps, order: OrderRecord, node: NodeRecord): Promise<void> {
  const deploy_steps = setupSteps(order.request);
  const args = deploy_steps.length === 0 ? {} : { deploy_steps };
  await provision(deps, node, 'active', args, callerOf(order));
}

/** Gives a server back: undeployed, erased, and in stock when that went well. @throws ServiceError */
export async function startReturn(deps: OrderDeps, order: OrderRecord, node: NodeRecord): Promise<void> {
  await provision(deps, node, 'deleted', {}, callerOf(order));
}

/** Whoever ordered, as far as history and audit tell it. */
function callerOf({ user, project, request_id, uuid }: OrderRecord): Caller {
  return {
    request_id: request_id ?? `order-${uuid}`,
    user_id: user,
    project_id: project,
    system_scope: false,
    roles: [],
    service_roles: [],
    unrestricted: false,
  };
}
