import { type ProvisionEvent, transition } from '../lifecycle/machine.ts';
import type { NodeRecord } from '../lifecycle/records.ts';
import type { ProvisionState } from '../lifecycle/states.ts';

/** The fields of a node that an event changes. */
export type StateChange = Pick<NodeRecord, 'provision_state' | 'target_provision_state'>;

/** Events inside a piece of work keep its target (a manual clean ends in manageable, also after waits and failures). */
const KEEPS_TARGET: readonly ProvisionEvent[] = ['wait', 'hold', 'resume', 'unhold', 'fail', 'abort'];

/**
 * Fires `events` one after the other.
 *
 * @param target overrides the default target of the first event.
 * @throws Error when the machine has no such edge: a defect of the caller.
 */
export function fire(
  node: StateChange,
  events: readonly ProvisionEvent[],
  target?: ProvisionState,
): StateChange {
  return events.reduce<StateChange>((from, event, index) => {
    const kept = KEEPS_TARGET.includes(event) ? from.target_provision_state : null;
    const step = transition(from.provision_state, event, index === 0 ? (target ?? kept) : kept);
    if (step === null) throw new Error(`No event ${event} in state ${from.provision_state}.`);
    return { provision_state: step.to, target_provision_state: step.target };
  }, node);
}
