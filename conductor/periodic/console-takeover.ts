import { eachOf } from './each-of.ts';
import { ownNodes } from './own-nodes.ts';
import type { Periodic, PeriodicContext } from './periodic.ts';

/** BMCs that are logged in to at once. */
const WORKERS = 16;
/** What was begun by a job may not be written on its node yet. */
const BEGUN_MS = 10_000;
/** Between two tries of a console that could not be opened; it doubles. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [5000, 60_000];
const MOVED = 'Another conductor has the console now. Open it again.';

/** When a console that could not be opened is tried again, on the monotonic clock. */
interface Tried {
  due_ms: number;
  pause_ms: number;
}

/**
 * Keeps open the consoles of this conductor's nodes whose console is enabled, which may have been another's that is gone; ends those
 * that are another's now, and keeps no longer what was disabled.
 */
export const consoleTakeover: Periodic = {
  name: 'console-takeover',
  interval_s: ({ settings }) => settings.console.takeover_interval,
  start: (ctx) => {
    const tried = new Map<string, Tried>();
    return async () => {
      // Not as it was a while ago: two conductors would take a console from each other.
      const hostOf = await ctx.placement.hostFinder(0);
      const enabled = new Set<string>();
      const nodes = ownNodes(ctx, { console_enabled: true }, ['driver_internal_info']);
      await eachOf(
        nodes,
        WORKERS,
        async ({ uuid, driver_internal_info }) => {
          // There is none between two deployments, and where the hardware has a console of its own.
          if (driver_internal_info.serial_console === undefined) return;
          enabled.add(uuid);
          await keep(ctx, uuid, tried);
        },
        ctx.clock,
      );
      for (const uuid of tried.keys()) if (!enabled.has(uuid)) tried.delete(uuid);
      const open = ctx.serial.open();
      if (open.length === 0) return;
      const known = await ctx.store.nodes.list({
        where: { uuid: open.map(({ node_uuid }) => node_uuid) },
        fields: ['uuid', 'driver', 'conductor_group'],
        include_children: true,
      });
      const ours = new Set(known.filter((node) => hostOf(node) === ctx.hostname).map(({ uuid }) => uuid));
      for (const { node_uuid, kept_ms } of open)
        if (!ours.has(node_uuid)) await ctx.serial.end(node_uuid, MOVED);
        else if ((kept_ms ?? 0) > BEGUN_MS && !enabled.has(node_uuid)) await ctx.serial.release(node_uuid);
    };
  },
};

async function keep(
  { serial, clock, log, signal }: PeriodicContext,
  uuid: string,
  tried: Map<string, Tried>,
): Promise<void> {
  const before = tried.get(uuid);
  if (serial.urlOf(uuid) !== null || (before?.due_ms ?? 0) > clock.monotonic()) return;
  try {
    await serial.keep(uuid);
    tried.delete(uuid);
    log.info({ node: uuid }, 'a console was opened here');
  } catch (error) {
    const pause_ms = Math.min((before?.pause_ms ?? FIRST_PAUSE_MS / 2) * 2, LONGEST_PAUSE_MS);
    tried.set(uuid, { due_ms: clock.monotonic() + pause_ms, pause_ms });
    if (!signal.aborted) log.warn({ node: uuid, err: error }, 'a console could not be opened here');
  }
}
