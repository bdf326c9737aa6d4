import { hostname } from 'node:os';
import type { Settings } from '../config/options.ts';
import type { Store } from '../db/store.ts';
import type { DriverRegistry } from '../drivers/registry.ts';
import type { Clock } from '../lifecycle/clock.ts';
import type { Bus } from './bus/bus.ts';
import type { ConductorClient } from './client.ts';
import { allocateAddress } from './ipam.ts';
import { createJobEnds } from './job-ends.ts';
import { createNotifier } from './notifications/notifier.ts';
import type { ConductorObserver } from './observer.ts';
import { createPlacement } from './placement.ts';
import { registrationProgress } from './registration/progress.ts';
import { discover, register } from './registration/register.ts';
import { agentToken, continueInspection, heartbeat } from './requests/agent.ts';
import { createAllocation, destroyAllocation } from './requests/allocation.ts';
import { call } from './requests/call.ts';
import { changeHardware } from './requests/hardware.ts';
import { deleteNode, updateNode, withNodeUnlocked } from './requests/node.ts';
import { createOrder } from './requests/order.ts';
import { power } from './requests/power.ts';
import { provision } from './requests/provision.ts';
import { breakReservation } from './requests/reservation.ts';
import { createSchedule, scheduleWindows } from './requests/schedule.ts';
import type { ConductorLogger } from './step.ts';

/**
 * The API's way to the conductors: see ConductorClient. Disposing it stops its listening on the bus.
 *
 * @param deps.drivers when given, driver_info is checked before work is accepted; parsing it does no I/O.
 */
export async function createConductorClient(deps: {
  store: Store;
  bus: Bus;
  settings: Settings;
  clock: Clock;
  log: ConductorLogger;
  drivers?: Pick<DriverRegistry, 'get'>;
  observer?: Pick<ConductorObserver, 'lockWaited'>;
}): Promise<ConductorClient & AsyncDisposable> {
  const placement = createPlacement(deps);
  const ends = await createJobEnds(deps.bus, deps.clock);
  const host = deps.settings.DEFAULT.host || hostname();
  const notifier = createNotifier({ ...deps, host });
  const common = { ...deps, placement, ends, notifier, drivers: deps.drivers ?? null };
  return {
    provision: (node, verb, args, caller) => provision(common, node, verb, args, caller),
    power: (node, target, timeout_s, caller) => power(common, node, target, timeout_s, caller),
    changeHardware: (node, change, caller) => changeHardware(common, node, change, caller),
    call: (node, method, args, caller) => call(common, node, method, args, caller),
    updateNode: (node, changes, caller, action = 'update') => {
      const change = () => updateNode(common, node, changes, caller);
      const record = { ...node, ...changes };
      return action === null ? change() : notifier.announce({ object: 'node', action, record }, change);
    },
    announce: (what, change) => notifier.announce(what, change),
    withNodeUnlocked: (node, change) => withNodeUnlocked(common, node, host, change),
    breakReservation: (node, job_uuid, caller) => breakReservation(common, node, job_uuid, caller),
    deleteNode: (node, caller) =>
      notifier.announce({ object: 'node', action: 'delete', record: node }, () =>
        deleteNode(common, node, caller),
      ),
    disposeNode: (node, disposal, caller) =>
      notifier.announce({ object: 'node', action: 'delete', record: node }, () =>
        deleteNode(common, node, caller, disposal),
      ),
    createAllocation: (wanted, node, caller) => createAllocation(common, wanted, node, caller),
    createOrder: (order, names, caller) => createOrder(common, order, names, caller),
    createSchedule: (schedule, caller) => createSchedule(common, schedule, caller),
    scheduleWindows: (schedule, count) => scheduleWindows(common, schedule, count),
    allocateAddress: (pool, holder) => allocateAddress(deps.store, pool, holder),
    discover: (report) => discover(common, report),
    register: (token, report) => register(common, token, report),
    registrationProgress: (uuid, secret, progress) => registrationProgress(common, uuid, secret, progress),
    destroyAllocation: (allocation, caller) => destroyAllocation(common, allocation, caller),
    agentToken: (node) => agentToken(common, node),
    heartbeat: (node, beat) => heartbeat(common, node, beat),
    continueInspection: (node, data) => continueInspection(common, node, data),
    conductorFinder: () => placement.hostFinder(),
    [Symbol.asyncDispose]: () => ends[Symbol.asyncDispose](),
  };
}
