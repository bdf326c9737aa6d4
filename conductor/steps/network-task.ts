import type { BmcTask, CallOptions, Connection } from '../../drivers/contract.ts';
import type { StepOutcome } from '../../lifecycle/job.ts';
import { DONE, type StepContext } from '../step.ts';
import { again, deadline, refuseLate, taskEnded, whileSilent } from './bmc-task.ts';
import { capability } from './capability.ts';
import type { HardwareStepRun } from './hardware-step-run.ts';

interface NetworkTask {
  /** In words that follow "Failed to". */
  what: string;
  /** Starts the work, or takes up what a conductor that died had started. */
  start(connection: Connection, options: CallOptions, ctx: StepContext): Promise<BmcTask>;
  /** True: the server is off when it begins. */
  from_off?: true;
  /** What the server boots from in the end. */
  in_the_end: 'pxe' | 'disk';
  /** Whether it is switched on in the end. */
  ends_on(ctx: StepContext): boolean;
}

/**
 * Work that a management service does on a server which boots from the network meanwhile (BAMPI): restore an image, run a script, clear
 * the disks. Every visit does one thing, and the next is written down first.
 */
export function networkTask({ what, start, from_off, in_the_end, ends_on }: NetworkTask): HardwareStepRun {
  const run = async (ctx: StepContext): Promise<StepOutcome> => {
    const { data } = ctx;
    if (data.phase === undefined) return again(ctx, { phase: 'network', deadline: deadline(ctx) }, true);
    const bmc = await ctx.bmc();
    if (data.phase === 'network') {
      if (from_off) {
        await bmc.reach('power off');
        ctx.change({ power_state: 'power off' });
      }
      return (await bootsFrom(ctx, what, 'pxe')) ? again(ctx, { phase: 'start' }, true) : again(ctx, data);
    }
    if (data.phase === 'start') {
      const task = await bmc.use(what, (connection, options) => start(connection, options, ctx));
      return again(ctx, { phase: 'wait', task, deadline: deadline(ctx) }, task === null);
    }
    if (data.phase === 'end') {
      if (in_the_end === 'disk' && !(await bootsFrom(ctx, what, 'disk'))) return again(ctx, data);
      if (ends_on(ctx)) {
        await bmc.reach('power on');
        ctx.change({ power_state: 'power on', target_power_state: null });
      }
      return DONE;
    }
    if (!(await taskEnded(ctx, typeof data.task === 'string' ? data.task : null, what))) {
      refuseLate(ctx, what, 'the task has not ended.');
      return again(ctx, data);
    }
    return again(ctx, { phase: 'end', deadline: deadline(ctx) }, true);
  };
  return { run };
}

/** Sets the boot device; false: that takes longer than one call, and has to be looked at again. */
async function bootsFrom(ctx: StepContext, what: string, boot_device: 'pxe' | 'disk'): Promise<boolean> {
  const set = await whileSilent(ctx, `set the boot device to ${boot_device}`, (connection, options) =>
    capability(connection, 'boot').set({ boot_device, persistent: true, boot_mode: null }, options),
  );
  if (set === 'silent') refuseLate(ctx, what, `the boot device could not be set to ${boot_device}.`);
  return set !== 'silent';
}

/** Runs a script of the service's in a system that is gone after it, such as a backup. */
export const runScript: HardwareStepRun = networkTask({
  what: 'run the script',
  start: async (connection, options, ctx) => {
    const scripts = capability(connection, 'scripts');
    const { script, argument } = ctx.step.args;
    const name = String(script);
    return (
      (await scripts.running(name, options)) ??
      scripts.run(name, typeof argument === 'string' ? argument : null, options)
    );
  },
  in_the_end: 'disk',
  ends_on: (ctx) => ctx.node.provision_state !== 'cleaning',
});
