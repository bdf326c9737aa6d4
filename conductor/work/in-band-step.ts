import type { PlannedStep, StepOutcome } from '../../lifecycle/job.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import type { AgentCommand } from '../agent.ts';
import type { StepContext, StepDefinition } from '../step.ts';
import { agentCommand, nodeForAgent, probeAgentCommand } from './agent-step.ts';
import { limit_ms } from './ramdisk.ts';

/**
 * A step that the agent carries out: `clean.execute_clean_step` and its like for deployment and service.
 * @param done what to do with the agent's result; its outcome is the step's.
 */
export function inBandStep(
  area: 'clean' | 'deploy' | 'service',
  step: PlannedStep,
  done?: (ctx: StepContext, result: Json) => Promise<StepOutcome>,
): StepDefinition {
  const name = `${area}.execute_${area}_step`;
  // The agent repeats a command's parameters: the mark tells this run of the step from an earlier one.
  const mark = (ctx: StepContext): string => `${ctx.job.uuid}/${ctx.step_index}`;
  const document = (ctx: StepContext): JsonObject => ({
    interface: step.interface,
    step: step.step,
    args: step.args,
    priority: step.priority,
    run_id: mark(ctx),
  });
  const matches = (ctx: StepContext) => (command: AgentCommand) => {
    const sent = command.command_params.step;
    return typeof sent === 'object' && sent !== null && !Array.isArray(sent) && sent.run_id === mark(ctx);
  };
  const run = (ctx: StepContext): Promise<StepOutcome> =>
    agentCommand(
      ctx,
      name,
      async () => ({
        step: document(ctx),
        ...(await nodeForAgent(ctx)),
        [`${area}_version`]: ctx.node.driver_internal_info.hardware_manager_version ?? null,
      }),
      {
        within_ms: limit_ms(ctx.settings.conductor[`${area}_callback_timeout`]),
        ...(done === undefined ? {} : { done: (result) => done(ctx, result) }),
      },
    );
  return { survives: 'probe', run, probe: (ctx) => probeAgentCommand(ctx, name, run, matches(ctx)) };
}
