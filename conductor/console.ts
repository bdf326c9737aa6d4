import type { CallOptions, Connection, ConsoleControl } from '../drivers/contract.ts';
import type { JsonObject } from '../lifecycle/json.ts';
import { isPresent } from './interfaces.ts';
import type { ConsoleAction } from './notifications/notifier.ts';
import { type NodeChanges, StepFailure, type WorkContext } from './step.ts';

/** The console of the hardware's own, or else its serial port, which a conductor keeps open; undefined: there is none. */
export function consoleOf(ctx: WorkContext, connection: Connection): ConsoleControl | undefined {
  const { console, serialConsole } = connection;
  const { consoles } = ctx;
  if (console !== undefined || serialConsole === undefined || consoles === null) return console;
  const remember = (serial_console: JsonObject | null): void => {
    const { serial_console: _, ...others } = ctx.node.driver_internal_info;
    ctx.change({ driver_internal_info: serial_console === null ? others : { ...others, serial_console } });
  };
  return {
    start: async () => remember({ ...(await consoles.keep(ctx.node)) }),
    stop: async () => {
      await consoles.release(ctx.node);
      remember(null);
    },
    info: async () => {
      const place = await consoles.place(ctx.node);
      return place === null ? null : { type: 'socat', url: place.url };
    },
  };
}

/**
 * Stops the console of a node whose instance goes. It stays enabled on the node: the next deployment starts it again.
 * @throws StepFailure
 */
export async function stopConsole(ctx: WorkContext): Promise<void> {
  if (!ctx.node.console_enabled || !isPresent(ctx.node.console_interface)) return;
  await announced(ctx, 'console_stop', 'stop the console', async (connection, options) =>
    consoleOf(ctx, connection)?.stop(options),
  );
}

/** Starts the console that a teardown stopped. A failure turns it off on the node; the deployment stands. */
export async function restoreConsole(ctx: WorkContext): Promise<NodeChanges> {
  if (!ctx.node.console_enabled || !isPresent(ctx.node.console_interface)) return {};
  try {
    await announced(ctx, 'console_restore', 'start the console', async (connection, options) =>
      consoleOf(ctx, connection)?.start(options),
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
