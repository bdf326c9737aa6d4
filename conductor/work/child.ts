import type { PlannedStep } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { StepArea } from '../requests/hardware-steps.ts';
import { isReserved, requestedSteps } from '../requests/steps.ts';
import { type StepDefinition, StepFailure, stepName, type Work } from '../step.ts';
import { hardwareStep, refuseImpossible } from '../steps/hardware-step.ts';
import { reservedStep } from './reserved-steps.ts';

/** A step of a parent's work on this child: by its BMC or by the service itself, for no ramdisk runs on a child then. */
export const childWork: Work = {
  plan: async (ctx) => {
    const { area, step } = ctx.job.args;
    const steps = requestedSteps({
      ...{ area: area as StepArea, node: ctx.node, settings: ctx.settings, drivers: ctx.drivers },
      ...{ steps: [step as JsonObject], disable_ramdisk: true, on_child: true },
    });
    await refuseImpossible(ctx, steps);
    return steps;
  },
  find: (step) => withoutWaiting(step, reservedStep(step.step, 0) ?? hardwareStep(step)),
  finish: () => ({ events: [], changes: {} }),
  fail: () => ({ events: [], changes: {} }),
};

/** A child's provision state stays as it is: there is nothing that a step could wait in. */
function withoutWaiting(step: PlannedStep, definition: StepDefinition | null): StepDefinition | null {
  if (definition === null || !isReserved(step.step)) return definition;
  return {
    survives: definition.survives,
    run: async (ctx) => {
      const outcome = await definition.run(ctx);
      if (outcome.outcome !== 'wait') return outcome;
      throw new StepFailure(`The step ${stepName(step)} waits, which it cannot do on a child node.`);
    },
  };
}
