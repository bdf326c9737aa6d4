import { HARDWARE_STEPS } from '../../conductor/requests/hardware-steps.ts';
import type { LifecycleHandler } from './handler.ts';

/** GET /v1/steps: the steps that are done out of band, and what they take. */
export const listSteps: LifecycleHandler = (request, api) => {
  api.policy.authorize('lifecycle:step:list', {}, request.caller);
  const steps = Object.entries(HARDWARE_STEPS).map(([name, { areas, args }]) => {
    const [on = '', step = ''] = name.split('.');
    return {
      ...{ interface: on, step, areas: Object.keys(areas) },
      args: Object.entries(args).map(([arg, { required = false }]) => ({ name: arg, required })),
    };
  });
  return { status: 200, body: { steps } };
};
