import type { StepOutcome } from '../../lifecycle/job.ts';
import type { StepContext, StepDefinition } from '../step.ts';
import { DONE } from '../step.ts';
import { again, deadline, refuseLate, taskEnded, whileSilent } from '../steps/bmc-task.ts';
import { capability } from '../steps/capability.ts';

const WHAT = 'restore the image';

/**
 * A deployment by a service that writes images itself (BAMPI): boot from the network, restore, boot from the disk. A restore
 * that a conductor which died had started is gone on with.
 */
const restore: StepDefinition = { survives: 'repeat', run: (ctx) => visit(ctx) };

async function visit(ctx: StepContext): Promise<StepOutcome> {
  const { data } = ctx;
  if (data.phase === undefined) return again(ctx, { phase: 'network', deadline: deadline(ctx) }, true);
  if (data.phase === 'network')
    return (await bootsFrom(ctx, 'pxe')) ? again(ctx, { phase: 'restore' }, true) : again(ctx, data);
  const bmc = await ctx.bmc();
  if (data.phase === 'restore') {
    const image = String(ctx.node.instance_info.image_source);
    const task = await bmc.use(WHAT, async (connection, options) => {
      const images = capability(connection, 'images');
      return (await images.running(image, options)) ?? images.restore(image, options);
    });
    return again(ctx, { phase: 'wait', task, deadline: deadline(ctx) }, task === null);
  }
  if (data.phase === 'disk') {
    if (!(await bootsFrom(ctx, 'disk'))) return again(ctx, data);
    await bmc.reach('power on');
    ctx.change({ power_state: 'power on', target_power_state: null });
    return DONE;
  }
  if (!(await taskEnded(ctx, typeof data.task === 'string' ? data.task : null, WHAT))) {
    refuseLate(ctx, WHAT, 'the task has not ended.');
    return again(ctx, data);
  }
  return again(ctx, { phase: 'disk', deadline: deadline(ctx) }, true);
}

/** Sets the boot device; false: that takes longer than one call, and has to be looked at again. */
async function bootsFrom(ctx: StepContext, boot_device: 'pxe' | 'disk'): Promise<boolean> {
  const set = await whileSilent(ctx, `set the boot device to ${boot_device}`, (connection, options) =>
    capability(connection, 'boot').set({ boot_device, persistent: true, boot_mode: null }, options),
  );
  if (set === 'silent') refuseLate(ctx, WHAT, `the boot device could not be set to ${boot_device}.`);
  return set !== 'silent';
}

/** The steps of the deploy interface `bampi`. */
export const RESTORE_STEPS: Readonly<Record<string, StepDefinition>> = { 'deploy.deploy': restore };
