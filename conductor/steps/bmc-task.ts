import type { BmcTask, CallOptions, Connection } from '../../drivers/contract.ts';
import { DriverError } from '../../drivers/contract.ts';
import type { StepOutcome } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { type StepContext, StepFailure } from '../step.ts';
import { bootRamdisk } from '../work/ramdisk.ts';

/**
 * Work that a BMC goes on with for minutes. The node stays held meanwhile, so that nobody switches it off: the step is looked
 * at again and again, by whichever conductor, until the hardware itself shows what was asked.
 */

/** Keeps the node and looks again; `now`: at once, so that what is known is written down first. */
export function again(ctx: StepContext, data: JsonObject, now = false): StepOutcome {
  const after_ms = now ? 0 : ctx.settings.conductor.hardware_step_poll_interval * 1000;
  return { outcome: 'again', after_ms, data };
}

/** The end of the time that a BMC has, on the database's clock. */
export function deadline(ctx: StepContext): number {
  return ctx.now() + ctx.settings.conductor.hardware_step_timeout * 1000;
}

/** Whether the BMC is done with a task; a BMC that is silent may be at work. @throws StepFailure when it failed */
export async function taskEnded(ctx: StepContext, task: BmcTask, what: string): Promise<boolean> {
  return (await lookAtTask(ctx, task, what)).ended;
}

/** The same, and whether it waits for a boot of the server if there was none. @throws StepFailure */
export async function lookAtTask(
  ctx: StepContext,
  task: BmcTask,
  what: string,
): Promise<{ ended: boolean; needs_boot: boolean }> {
  if (task === null) return { ended: true, needs_boot: false };
  const status = await whileSilent(ctx, `read the task of the BMC`, async ({ tasks }, options) =>
    tasks === undefined ? null : tasks.read(task, options),
  );
  if (status === 'silent') return { ended: false, needs_boot: false };
  if (status === null) return { ended: true, needs_boot: false };
  const needs_boot = status.needs_boot === true;
  if (status.state !== 'failed') return { ended: status.state !== 'running', needs_boot };
  throw new StepFailure(
    `Failed to ${what}: the BMC says that it failed${status.message === null ? '.' : `: ${status.message}`} Check the BMC's log.`,
  );
}

/** What a call resolves with, or that the BMC does not answer for now. */
export async function whileSilent<T>(
  ctx: StepContext,
  what: string,
  call: (connection: Connection, options: CallOptions) => Promise<T>,
): Promise<T | 'silent'> {
  try {
    return await (await ctx.bmc()).use(what, call);
  } catch (error) {
    ctx.signal.throwIfAborted();
    const { cause } = error as Error;
    if (cause instanceof DriverError && ['unreachable', 'timeout', 'busy'].includes(cause.code))
      return 'silent';
    throw error;
  }
}

/** @throws StepFailure once the step's time is over */
export function refuseLate(ctx: StepContext, what: string, missing: string): void {
  if (ctx.now() <= Number(ctx.data.deadline)) return;
  const within_s = ctx.settings.conductor.hardware_step_timeout;
  throw new StepFailure(
    `Failed to ${what} within ${within_s} s: ${missing} Check the BMC's log, then start over.`,
  );
}

/**
 * Boots the server, so that it takes on what it was asked for. With a ramdisk it boots that again, and the step goes on with
 * its heartbeat.
 */
export async function rebootFor(ctx: StepContext, data: JsonObject): Promise<StepOutcome> {
  if (typeof ctx.node.driver_internal_info.agent_url === 'string') {
    await bootRamdisk(ctx);
    const within_ms = ctx.settings.conductor.hardware_step_timeout * 1000;
    return { outcome: 'wait', wait_for: 'heartbeat', within_ms, data };
  }
  const bmc = await ctx.bmc();
  if (ctx.node.disable_power_off) await bmc.command('rebooting');
  else {
    await bmc.reach('power off');
    await bmc.reach('power on');
  }
  ctx.change({ power_state: 'power on' });
  return again(ctx, data, true);
}
