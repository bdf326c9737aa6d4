import type { StepOutcome } from '../../lifecycle/job.ts';
import { POWER_TARGETS, type PowerTarget } from '../../lifecycle/power.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import {
  DONE,
  findIn,
  plannedStep,
  type StepContext,
  type StepDefinition,
  StepFailure,
  type Work,
} from '../step.ts';
import { wipedAgent } from '../wiped-agent.ts';

/** How long one visit watches a soft power-off before it gives the worker back. */
const WATCH_MS = 10_000;
const LOOK_AGAIN_MS = 5000;

function targetOf(ctx: Pick<StepContext, 'job'>): PowerTarget {
  return ctx.job.args.target as PowerTarget;
}

/** Seconds that the action may take: the client's wish, else the option for soft and hard actions. */
function timeoutOf(ctx: StepContext): number {
  const { timeout_s } = ctx.job.args;
  if (typeof timeout_s === 'number') return timeout_s;
  const { soft_power_off_timeout, power_state_change_timeout } = ctx.settings.conductor;
  return POWER_TARGETS[targetOf(ctx)].soft ? soft_power_off_timeout : power_state_change_timeout;
}

/** Drives the server to a state; a no-op when it is there. Safe to repeat: asking twice is no error. */
function reach(state: 'power on' | 'power off'): StepDefinition {
  return {
    survives: 'repeat',
    run: async (ctx) => {
      const bmc = await ctx.bmc();
      if ((await bmc.powerState()) !== state) await bmc.reach(state, timeoutOf(ctx));
      ctx.change({ power_state: state, ...forgetAgent(ctx.node, state) });
      return DONE;
    },
  };
}

/** Asks the operating system to shut down, and watches without keeping a worker. Asking again does no harm. */
const softOff: StepDefinition = {
  survives: 'repeat',
  run: async (ctx): Promise<StepOutcome> => {
    const bmc = await ctx.bmc();
    if ((await bmc.powerState()) !== 'power off') {
      const asked_at = typeof ctx.data.asked_at === 'number' ? ctx.data.asked_at : null;
      if (asked_at === null) await bmc.command('soft power off');
      const since = asked_at ?? ctx.now();
      const left_ms = since + timeoutOf(ctx) * 1000 - ctx.now();
      if (!(await bmc.wait('power off', Math.min(WATCH_MS, Math.max(0, left_ms))))) {
        if (left_ms > WATCH_MS)
          return { outcome: 'again', after_ms: LOOK_AGAIN_MS, data: { asked_at: since } };
        throw new StepFailure(
          `The server did not shut down within ${timeoutOf(ctx)} s of "soft power off". Its operating system may ignore the power button: use "power off".`,
        );
      }
    }
    ctx.change({ power_state: 'power off', ...forgetAgent(ctx.node, 'power off') });
    return DONE;
  },
};

/** A node that may not be powered off is reset. A reset may not run twice by accident: it would hit what booted since. */
const reset: StepDefinition = {
  survives: 'never',
  run: async (ctx) => {
    const bmc = await ctx.bmc();
    await bmc.command('rebooting');
    if (!(await bmc.wait('power on', timeoutOf(ctx) * 1000)))
      throw new StepFailure(`The server was not on ${timeoutOf(ctx)} s after a reset. Check the BMC's log.`);
    ctx.change({ power_state: 'power on', driver_internal_info: wipedAgent(ctx.node.driver_internal_info) });
    return DONE;
  },
};

function forgetAgent(node: NodeRecord, state: 'power on' | 'power off'): Partial<NodeRecord> {
  return state === 'power off' ? { driver_internal_info: wipedAgent(node.driver_internal_info) } : {};
}

const STEPS: Readonly<Record<string, StepDefinition>> = {
  'power.power_on': reach('power on'),
  'power.power_off': reach('power off'),
  'power.soft_power_off': softOff,
  'power.reset': reset,
};

/** A reboot is an off and an on, each safe to repeat, so that a conductor's death in between leaves no server off. */
const PLANS: Readonly<Record<PowerTarget, readonly string[]>> = {
  'power on': ['power.power_on'],
  'power off': ['power.power_off'],
  'soft power off': ['power.soft_power_off'],
  rebooting: ['power.power_off', 'power.power_on'],
  'soft rebooting': ['power.soft_power_off', 'power.power_on'],
};

/** Power actions on request, and the corrections of the power synchronisation. */
export const powerWork: Work = {
  plan: async (ctx) => {
    const target = ctx.job.args.target as PowerTarget;
    const reboots = POWER_TARGETS[target].result === 'power on' && target !== 'power on';
    const names = reboots && ctx.node.disable_power_off ? ['power.reset'] : PLANS[target];
    return names.map((name) => plannedStep(name));
  },
  find: findIn(STEPS),
  finish: () => ({ events: [], changes: { target_power_state: null } }),
  fail: (_ctx, failure) => ({
    events: [],
    changes: { target_power_state: null, ...(failure.step === null ? {} : { power_state: 'error' }) },
  }),
};
