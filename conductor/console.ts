import type { CallOptions, Connection } from '../drivers/contract.ts';
import { isPresent } from './interfaces.ts';
import type { ConsoleAction } from './notifications/notifier.ts';
import { type NodeChanges, StepFailure, type WorkContext } from './step.ts';

/**
 * Stops the console of a node whose instance goes. It stays enabled on the node: the next deployment starts it again.
 * @throws StepFailure
 */
export async function stopConsole(ctx: WorkContext): Promise<void> {
  if (!ctx.node.console_enabled || !isPresent(ctx.node.console_interface)) return;
  await announced(ctx, 'console_stop', 'stop the console', async ({ console }, options) =>
    console?.stop(options),
  );
}

/** Starts the console that a teardown stopped. A failure turns it off on the node; the deployment stands. */
export async function restoreConsole(ctx: WorkContext): Promise<NodeChanges> {
  if (!ctx.node.console_enabled || !isPresent(ctx.node.console_interface)) return {};
  try {
    await announced(ctx, 'console_restore', 'start the console', async ({ console }, options) =>
      console?.start(options),
    );
    return {};
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    ctx.log.warn({ node: ctx.node.uuid, why: error.message }, 'the console was not started again');
    return { console_enabled: false, last_error: error.message };
  }
}

/** Does something to the console of the node, and notifies of its start and end. */
export async function announced<T>(
  ctx: WorkContext,
  action: ConsoleAction,
  what: string,
  act: (connection: Connection, options: CallOptions) => Promise<T>,
): Promise<T> {
  ctx.consoleChanged(action, 'start');
  try {
    const bmc = await ctx.bmc();
    const done = await bmc.use(what, act);
    ctx.consoleChanged(action, 'end');
    return done;
  } catch (error) {
    ctx.consoleChanged(action, 'error');
    throw error;
  }
}
