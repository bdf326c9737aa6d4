import type { PlannedStep } from '../../lifecycle/job.ts';
import { isObject, type Json } from '../../lifecycle/json.ts';
import { plannedStep, type StepContext, StepFailure, stepName, type WorkContext } from '../step.ts';
import { nodeForAgent } from './agent-step.ts';

/**
 * Asks the agent which steps it can do, and keeps the versions of its hardware managers, which it wants to see again with
 * every step. Resolves with the agent's answer.
 */
export async function askForSteps(ctx: WorkContext, area: 'clean' | 'deploy' | 'service'): Promise<Json> {
  const name = `${area}.get_${area}_steps`;
  const { command_result } = await ctx.agent().run(name, await nodeForAgent(ctx), { wait: true });
  const hardware_manager_version = isObject(command_result)
    ? (command_result.hardware_manager_version ?? null)
    : null;
  ctx.change({
    driver_internal_info: { ...ctx.node.driver_internal_info, hardware_manager_version },
  });
  return command_result;
}

/** `{<area>_steps: {<hardware manager>: [step]}}` of the agent as planned steps. */
export function stepsOfAgent(result: Json, area: 'clean' | 'deploy' | 'service'): PlannedStep[] {
  const managers = isObject(result) ? result[`${area}_steps`] : null;
  if (!isObject(managers)) return [];
  return Object.values(managers)
    .flatMap((list) => (Array.isArray(list) ? list : []))
    .filter(isObject)
    .map((step) =>
      plannedStep(`${String(step.interface)}.${String(step.step)}`, {
        priority: Number(step.priority ?? 0),
        abortable: step.abortable === true,
        in_band: true,
      }),
    );
}

/**
 * Refuses steps of the plan that the agent does not offer, before the first of them runs. An agent that lists nothing at all
 * is believed to know them.
 * @throws StepFailure
 */
export function refuseNotOffered(ctx: StepContext, offered: readonly PlannedStep[]): void {
  const known = new Set(offered.map(stepName));
  const unknown = (ctx.job.steps ?? []).filter((step) => step.in_band && !known.has(stepName(step)));
  if (known.size === 0 || unknown.length === 0) return;
  throw new StepFailure(
    `The ramdisk of this server does not have the steps ${unknown.map(stepName).join(', ')}. None was run. It has: ${[...known].join(', ')}.`,
  );
}
