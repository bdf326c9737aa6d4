import { serviceError } from '../../lifecycle/errors.ts';
import type { PlannedStep } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { plannedStep, stepName } from '../step.ts';

/** Steps that the service itself carries out, whatever interface they are asked of. */
export const RESERVED_STEPS = ['power_on', 'power_off', 'reboot', 'hold', 'wait'] as const;

/** Steps that a client may not ask for: they reach past the service's safeguards. */
const DISALLOWED = ['vendor.send_raw'];

/**
 * The steps of a request, in the order given. @throws InvalidParameterValue for a step that is disallowed, or that
 * needs the ramdisk when `disable_ramdisk` is set.
 */
export function requestedSteps(steps: readonly JsonObject[], disable_ramdisk: boolean): PlannedStep[] {
  return steps.map((asked) => {
    const { interface: interface_, step, args, priority } = asked;
    if (typeof interface_ !== 'string' || typeof step !== 'string')
      throw serviceError('InvalidParameterValue', { why: 'A step needs interface and step.' });
    const reserved = isReserved(step);
    const planned = plannedStep(`${interface_}.${step}`, {
      args: typeof args === 'object' && args !== null && !Array.isArray(args) ? args : {},
      priority: Number(priority ?? 0),
      in_band: !reserved,
      abortable: reserved,
    });
    const name = stepName(planned);
    if (DISALLOWED.includes(name))
      throw serviceError('InvalidParameterValue', { why: `The step ${name} is not allowed.` });
    if (planned.in_band && disable_ramdisk)
      throw serviceError('InvalidParameterValue', {
        why: `The step ${name} runs on the ramdisk: it cannot run with disable_ramdisk.`,
      });
    return planned;
  });
}

export function isReserved(step: string): boolean {
  return RESERVED_STEPS.some((name) => name === step);
}
