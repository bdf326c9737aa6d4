import { plannedStep, type StepDefinition } from '../step.ts';
import { capability } from '../steps/capability.ts';
import { networkTask } from '../steps/network-task.ts';

/**
 * A deployment by a service that writes images itself (BAMPI): boot from the network, restore, boot from the disk. A restore
 * that a conductor which died had started is gone on with.
 */
const restore: StepDefinition = {
  survives: 'repeat',
  ...networkTask({
    what: 'restore the image',
    start: async (connection, options, ctx) => {
      const images = capability(connection, 'images');
      const image = String(ctx.node.instance_info.image_source);
      return (await images.running(image, options)) ?? images.restore(image, options);
    },
    in_the_end: 'disk',
    ends_on: () => true,
  }),
};

/** The steps of the deploy interface `bampi`. */
export const RESTORE_STEPS: Readonly<Record<string, StepDefinition>> = { 'deploy.deploy': restore };

/** Of an automated clean of such a server. */
export const CLEAR_DISKS = 'deploy.clear_disks';

/**
 * A server that is given back: off, boot from the network, all volumes deleted. In the end it stands by in the service's disposable system, as
 * BAMPI's own client leaves it, unless more is to come.
 */
export const clearDisks: StepDefinition = {
  survives: 'repeat',
  ...networkTask({
    what: 'clear the disks',
    from_off: true,
    start: async (connection, options) => capability(connection, 'raidProfiles').clear(options),
    in_the_end: 'pxe',
    ends_on: (ctx) => ctx.step.args.stand_by === true,
  }),
};

/** @param stand_by whether the server is switched on in the end */
export function clearDisksStep(stand_by: boolean): ReturnType<typeof plannedStep> {
  return plannedStep(CLEAR_DISKS, { args: { stand_by } });
}
