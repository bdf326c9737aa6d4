import { DONE, findIn, plannedStep, type StepDefinition, type Work } from '../step.ts';

/** Takes the server as it is: only its power state is read. */
const takeOver: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    ctx.change({ power_state: await (await ctx.bmc()).powerState() });
    return DONE;
  },
};

/** manageable → active without writing an image: the server runs its instance already. */
export const adoptWork: Work = {
  plan: async () => [plannedStep('deploy.take_over')],
  find: findIn({ 'deploy.take_over': takeOver }),
  finish: () => ({ events: ['done'], changes: { last_error: null } }),
  fail: () => ({ events: ['fail'], changes: { power_state: null } }),
};
