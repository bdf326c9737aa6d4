import type { ConductorRecord } from '../../lifecycle/records.ts';
import type { Bus } from '../bus/bus.ts';
import type { SerialConsoles } from '../consoles/serial-consoles.ts';
import type { Placement } from '../placement.ts';
import type { ConductorDeps } from '../step.ts';

/** What a periodic task works with. */
export interface PeriodicContext extends ConductorDeps {
  bus: Bus;
  placement: Placement;
  /** The serial ports that are open here. */
  serial: SerialConsoles;
  /** This conductor's own row, for renewing it. */
  registration: Pick<ConductorRecord, 'hostname' | 'conductor_group' | 'hardware_types'>;
  signal: AbortSignal;
  /** Has the conductor look for due jobs. */
  poke(): void;
}

/** A task that a conductor repeats. */
export interface Periodic {
  name: string;
  /** Seconds between the end of one run and the start of the next; 0: never. */
  interval_s(ctx: PeriodicContext): number;
  /** Makes one run of the task; what it remembers between runs lives in the closure. */
  start(ctx: PeriodicContext): () => Promise<void>;
}

/** Runs the tasks until the signal is aborted. A run that fails is logged and tried again at its next turn. */
export async function startPeriodics(tasks: readonly Periodic[], ctx: PeriodicContext): Promise<void> {
  await Promise.all(tasks.map((task) => repeat(task, ctx)));
}

async function repeat(task: Periodic, ctx: PeriodicContext): Promise<void> {
  const interval_s = task.interval_s(ctx);
  if (interval_s <= 0) return;
  const run = task.start(ctx);
  while (!ctx.signal.aborted) {
    await ctx.clock.sleep(interval_s * 1000, ctx.signal).catch(() => {});
    if (ctx.signal.aborted) return;
    try {
      await run();
    } catch (error) {
      if (!ctx.signal.aborted) ctx.log.warn({ task: task.name, err: error }, 'a periodic task failed');
    }
  }
}
