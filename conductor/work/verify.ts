import { refreshCaches } from '../caches.ts';
import { DONE, findIn, plannedStep, type StepDefinition, type Work } from '../step.ts';

/** Reads the power state: proof that the BMC answers to the node's driver_info. What else it tells is kept. */
const readPower: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const bmc = await ctx.bmc();
    ctx.change({ power_state: await bmc.powerState() });
    await refreshCaches(ctx);
    return DONE;
  },
};

/** enroll → manageable: the BMC can be reached with the credentials given. */
export const verifyWork: Work = {
  plan: async () => [plannedStep('power.validate')],
  find: findIn({ 'power.validate': readPower }),
  finish: () => ({ events: ['done'], changes: { last_error: null } }),
  fail: () => ({ events: ['fail'], changes: {} }),
};
