import { usesAgent } from '../interfaces.ts';
import { DONE, type StepDefinition } from '../step.ts';
import { wipedAgent } from '../wiped-agent.ts';
import { limit_ms, powerOff } from './ramdisk.ts';

/** `[conductor]max_conductor_wait_step_seconds` of Ironic. */
const MAX_WAIT_S = 30;

/** The steps that the service carries out itself, in cleaning, deployment and service. */
export function reservedStep(name: string, within_s: number): StepDefinition | null {
  return Object.hasOwn(RESERVED, name) ? (RESERVED[name]?.(within_s) ?? null) : null;
}

const RESERVED: Readonly<Record<string, (within_s: number) => StepDefinition>> = {
  power_on: () => ({
    survives: 'repeat',
    run: async (ctx) => {
      await (await ctx.bmc()).reach('power on');
      ctx.change({ power_state: 'power on' });
      return DONE;
    },
  }),
  power_off: () => ({
    survives: 'repeat',
    run: async (ctx) => {
      await powerOff(ctx);
      return DONE;
    },
  }),
  reboot: () => ({
    survives: 'repeat',
    run: async (ctx) => {
      const bmc = await ctx.bmc();
      await bmc.reach('power off');
      await bmc.reach('power on');
      ctx.change({
        power_state: 'power on',
        driver_internal_info: wipedAgent(ctx.node.driver_internal_info),
      });
      return DONE;
    },
  }),
  hold: (within_s) => ({
    survives: 'repeat',
    run: async (ctx) => {
      if (!ctx.woken) return { outcome: 'wait', wait_for: 'unhold', within_ms: null, data: { held: true } };
      const by_agent = typeof ctx.node.driver_internal_info.agent_url === 'string' && usesAgent(ctx.node);
      if (ctx.data.held === true && by_agent)
        return { outcome: 'wait', wait_for: 'heartbeat', within_ms: limit_ms(within_s), data: {} };
      return DONE;
    },
  }),
  wait: (within_s) => ({
    survives: 'repeat',
    run: async (ctx) => {
      if (ctx.woken) return DONE;
      const { seconds } = ctx.step.args;
      return typeof seconds === 'number'
        ? { outcome: 'wait', wait_for: 'timer', within_ms: Math.min(seconds, MAX_WAIT_S) * 1000 }
        : { outcome: 'wait', wait_for: 'heartbeat', within_ms: limit_ms(within_s) };
    },
  }),
};
