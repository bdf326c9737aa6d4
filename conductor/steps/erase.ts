import type { StepOutcome } from '../../lifecycle/job.ts';
import { DONE, type StepContext, StepFailure } from '../step.ts';
import { again, deadline, refuseLate, taskEnded } from './bmc-task.ts';
import { capability } from './capability.ts';
import type { HardwareStepRun } from './hardware-step-run.ts';

const WHAT = 'erase the drives';

/** Asks the drives one by one to erase themselves. Erasing one twice, after a crash, does no harm. */
export const eraseDrives: HardwareStepRun = { run: (ctx) => visit(ctx) };

async function visit(ctx: StepContext): Promise<StepOutcome> {
  const { data } = ctx;
  if (data.left === undefined) {
    const drives = await (await ctx.bmc()).use('read the drives', (connection, options) =>
      capability(connection, 'drives').list(options),
    );
    if (drives.length === 0)
      throw new StepFailure('The BMC shows no drives to erase: erase them with the ramdisk.');
    return again(ctx, { left: drives.map(({ id }) => id), task: null }, true);
  }
  const task = typeof data.task === 'string' ? data.task : null;
  if (!(await taskEnded(ctx, task, WHAT))) {
    refuseLate(ctx, WHAT, 'the BMC is still at work on it.');
    return again(ctx, data);
  }
  const [drive, ...left] = data.left as string[];
  if (drive === undefined) return DONE;
  const started = await (await ctx.bmc()).use(`erase the drive ${drive}`, (connection, options) =>
    capability(connection, 'drives').erase(drive, options),
  );
  return again(ctx, { left, task: started, deadline: deadline(ctx) }, started === null);
}
