import type { StepOutcome } from '../../lifecycle/job.ts';
import type { StepContext, StepDefinition } from '../step.ts';
import { DONE } from '../step.ts';
import { again, deadline, refuseLate, taskEnded } from '../steps/bmc-task.ts';
import { capability } from '../steps/capability.ts';

const WHAT = 'restore the image';

/**
 * A deployment by a service that writes images itself (BAMPI): boot from the network, restore, boot from the disk. A restore
 * that a conductor which died had started is gone on with.
 */
const restore: StepDefinition = { survives: 'repeat', run: (ctx) => visit(ctx) };

async function visit(ctx: StepContext): Promise<StepOutcome> {
  const { data } = ctx;
  const bmc = await ctx.bmc();
  if (data.phase === undefined) {
    await bmc.setBootDevice('pxe', true, null);
    return again(ctx, { phase: 'restore' }, true);
  }
  if (data.phase === 'restore') {
    const image = String(ctx.node.instance_info.image_source);
    const task = await bmc.use(WHAT, async (connection, options) => {
      const images = capability(connection, 'images');
      return (await images.running(image, options)) ?? images.restore(image, options);
    });
    return again(ctx, { phase: 'wait', task, deadline: deadline(ctx) }, task === null);
  }
  if (!(await taskEnded(ctx, typeof data.task === 'string' ? data.task : null, WHAT))) {
    refuseLate(ctx, WHAT, 'the task has not ended.');
    return again(ctx, data);
  }
  await bmc.setBootDevice('disk', true, null);
  await bmc.reach('power on');
  ctx.change({ power_state: 'power on', target_power_state: null });
  return DONE;
}

/** The steps of the deploy interface `bampi`. */
export const RESTORE_STEPS: Readonly<Record<string, StepDefinition>> = { 'deploy.deploy': restore };
