import type { JsonObject } from '../../lifecycle/json.ts';
import { refreshCaches } from '../caches.ts';
import { usesAgent } from '../interfaces.ts';
import { networkOf } from '../network/network.ts';
import { isReserved, requestedSteps } from '../requests/steps.ts';
import {
  DONE,
  findIn,
  plannedStep,
  type StepDefinition,
  stepName,
  type Work,
  type WorkContext,
} from '../step.ts';
import { hardwareStep, refuseImpossible } from '../steps/hardware-step.ts';
import { wipedAgent } from '../wiped-agent.ts';
import { askForSteps, refuseNotOffered, stepsOfAgent } from './agent-steps.ts';
import { inBandStep } from './in-band-step.ts';
import { bootFrom, bootRamdisk, limit_ms } from './ramdisk.ts';
import { reservedStep } from './reserved-steps.ts';

const prepare: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    if (ctx.woken) {
      refuseNotOffered(ctx, stepsOfAgent(await askForSteps(ctx, 'service'), 'service'));
      return DONE;
    }
    const network = networkOf(ctx);
    await network.unplugTenant(ctx);
    await network.add(ctx, 'servicing');
    await bootRamdisk(ctx);
    const within_ms = limit_ms(ctx.settings.conductor.service_callback_timeout);
    return { outcome: 'wait', wait_for: 'heartbeat', within_ms };
  },
};

const tearDown: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const network = networkOf(ctx);
    await network.remove(ctx, 'servicing');
    await network.plugTenant(ctx);
    await bootFrom(ctx, 'disk', { persistent: true });
    return DONE;
  },
};

const OWN = findIn({ 'deploy.prepare_service': prepare, 'deploy.tear_down_service': tearDown });

/** An operator's steps on a server in service; it boots its instance again at the end. */
export const serviceWork: Work = {
  step_field: 'service_step',
  plan: async (ctx) => {
    const asked = ctx.job.args.service_steps;
    const steps = requestedSteps({
      ...{ area: 'service', node: ctx.node, settings: ctx.settings, drivers: ctx.drivers },
      steps: Array.isArray(asked) ? (asked as JsonObject[]) : [],
      disable_ramdisk: ctx.job.args.disable_ramdisk === true,
    });
    await refuseImpossible(ctx, steps);
    if (!usesAgent(ctx.node) || ctx.job.args.disable_ramdisk === true) return steps;
    return [
      plannedStep('deploy.prepare_service', { abortable: true }),
      ...steps,
      plannedStep('deploy.tear_down_service'),
    ];
  },
  find: (step, node) => {
    if (isReserved(step.step)) return reservedStep(step.step, 1800);
    return OWN(step) ?? (step.in_band && usesAgent(node) ? inBandStep('service', step) : hardwareStep(step));
  },
  finish: async (ctx) => {
    await refreshCaches(ctx);
    return { events: ['done'], changes: ended(ctx) };
  },
  fail: (ctx, failure) => {
    const ran = failure.step !== null && stepName(failure.step) !== 'deploy.prepare_service';
    const fault = {
      maintenance: true,
      fault: 'service failure' as const,
      maintenance_reason: ctx.node.maintenance_reason ?? failure.message,
    };
    return { events: ['fail'], changes: { ...ended(ctx), ...(ran ? fault : {}) } };
  },
  aborted: (ctx, step) => ({
    events: ['fail'],
    changes: {
      ...ended(ctx),
      last_error: `By request, the service operation was aborted after step ${stepName(step)}.`,
    },
  }),
};

function ended(ctx: WorkContext) {
  return { service_step: {}, driver_internal_info: wipedAgent(ctx.node.driver_internal_info) };
}
