import type { StepOutcome } from '../../lifecycle/job.ts';
import { dropNetwork, networkOf } from '../network/network.ts';
import {
  DONE,
  findIn,
  plannedStep,
  type StepContext,
  type StepDefinition,
  StepFailure,
  type Work,
  type WorkContext,
} from '../step.ts';
import { wipedAgent } from '../wiped-agent.ts';
import { bootFrom, bootRamdisk, limit_ms, powerOff } from './ramdisk.ts';

async function bootRescueRamdisk(ctx: StepContext): Promise<StepOutcome> {
  await bootRamdisk(ctx);
  const within_ms = limit_ms(ctx.settings.conductor.rescue_callback_timeout);
  return { outcome: 'wait', wait_for: 'heartbeat', within_ms };
}

/** Boots the rescue ramdisk and has its agent let the user in. The hash alone is stored: the password is not. */
const rescue: StepDefinition = {
  survives: 'probe',
  run: async (ctx) => {
    const network = networkOf(ctx);
    if (!ctx.woken) {
      await network.unplugTenant(ctx);
      await network.add(ctx, 'rescuing');
      return bootRescueRamdisk(ctx);
    }
    const { hashed_rescue_password } = ctx.job.args;
    if (typeof hashed_rescue_password !== 'string') throw new StepFailure('The rescue has no password.');
    await ctx
      .agent()
      .run(
        'rescue.finalize_rescue',
        { rescue_password: hashed_rescue_password, hashed: true },
        { wait: true },
      );
    await network.remove(ctx, 'rescuing');
    await network.plugTenant(ctx);
    return DONE;
  },
  // An agent that has let the user in is gone. One that does not answer may have: the ramdisk is booted anew.
  probe: async (ctx) => {
    if (!ctx.woken || (await agentAnswers(ctx))) return 'repeat';
    return bootRescueRamdisk(ctx);
  },
};

async function agentAnswers(ctx: StepContext): Promise<boolean> {
  try {
    await ctx.agent().commands();
    return true;
  } catch {
    ctx.signal.throwIfAborted();
    return false;
  }
}

const unrescue: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const network = networkOf(ctx);
    await network.remove(ctx, 'rescuing');
    await network.plugTenant(ctx);
    await bootFrom(ctx, 'disk', { persistent: true });
    return DONE;
  },
};

const nothing: StepDefinition = { survives: 'repeat', run: async () => DONE };

function withoutAgent(ctx: WorkContext) {
  return { driver_internal_info: wipedAgent(ctx.node.driver_internal_info) };
}

/** Lets a tenant into a server whose own system does not let them in any more. */
export const rescueWork: Work = {
  plan: async ({ node }) => [
    plannedStep(node.rescue_interface === 'agent' ? 'rescue.rescue' : 'rescue.nothing'),
  ],
  find: findIn({ 'rescue.rescue': rescue, 'rescue.nothing': nothing }),
  finish: (ctx) => ({ events: ['done'], changes: { ...withoutAgent(ctx), last_error: null } }),
  fail: async (ctx, failure) => {
    if (failure.step !== null && ctx.node.rescue_interface === 'agent') {
      await powerOff(ctx).catch(() => {});
      await dropNetwork(ctx, 'rescuing');
    }
    return { events: ['fail'], changes: withoutAgent(ctx) };
  },
};

/** Back to the tenant's own system. */
export const unrescueWork: Work = {
  plan: async ({ node }) => [
    plannedStep(node.rescue_interface === 'agent' ? 'rescue.unrescue' : 'rescue.nothing'),
  ],
  find: findIn({ 'rescue.unrescue': unrescue, 'rescue.nothing': nothing }),
  finish: (ctx) => ({ events: ['done'], changes: { ...withoutAgent(ctx), last_error: null } }),
  fail: (ctx) => ({ events: ['fail'], changes: withoutAgent(ctx) }),
};
