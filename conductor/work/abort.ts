import { dropNetwork, type NetworkPurpose, networkOf } from '../network/network.ts';
import { DONE, findIn, plannedStep, type StepDefinition, type Work, type WorkContext } from '../step.ts';
import { wipedAgent } from '../wiped-agent.ts';
import { bootFrom, powerOff } from './ramdisk.ts';
import { withoutInstance } from './teardown.ts';

/** What is cleared up after an abort, by the state that was aborted. Deploys are left as they are: delete clears up. */
const STEP_OF: Readonly<Record<string, string>> = {
  'clean wait': 'deploy.power_off',
  'clean hold': 'deploy.power_off',
  'inspect wait': 'deploy.power_off',
  'rescue wait': 'deploy.power_off',
  'deploy hold': 'deploy.power_off',
  'service wait': 'deploy.boot_instance',
  'service hold': 'deploy.boot_instance',
  'service failed': 'deploy.boot_instance',
};

/** The network that the ramdisk was on. */
const NETWORK_OF: Readonly<Record<string, NetworkPurpose>> = {
  'clean wait': 'cleaning',
  'clean hold': 'cleaning',
  'inspect wait': 'inspection',
  'rescue wait': 'rescuing',
  'deploy hold': 'provisioning',
};

const off: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    await powerOff(ctx);
    const purpose = NETWORK_OF[String(ctx.job.args.from)];
    if (purpose !== undefined) await dropNetwork(ctx, purpose);
    return DONE;
  },
};

const bootInstance: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    if (typeof ctx.node.driver_internal_info.agent_url === 'string') {
      const network = networkOf(ctx);
      await network.remove(ctx, 'servicing');
      await network.plugTenant(ctx);
      await bootFrom(ctx, 'disk', { persistent: true });
    }
    return DONE;
  },
};

function changes(ctx: WorkContext) {
  return ctx.job.args.from === 'deploy hold'
    ? withoutInstance(ctx.node)
    : { driver_internal_info: wipedAgent(ctx.node.driver_internal_info) };
}

/** Leaves the hardware in order after the client gave up what the node was waiting for. */
export const abortWork: Work = {
  plan: async (ctx) => {
    const step = STEP_OF[String(ctx.job.args.from)];
    return step === undefined ? [] : [plannedStep(step)];
  },
  find: findIn({ 'deploy.power_off': off, 'deploy.boot_instance': bootInstance }),
  finish: (ctx) => ({ events: [], changes: changes(ctx) }),
  fail: (ctx, failure) => {
    const from_rescue = ctx.job.args.from === 'rescue wait';
    return {
      events: [],
      changes: {
        ...changes(ctx),
        ...(from_rescue
          ? {
              maintenance: true,
              maintenance_reason: ctx.node.maintenance_reason ?? failure.message,
              fault: 'rescue abort failure' as const,
            }
          : {}),
      },
    };
  },
};
