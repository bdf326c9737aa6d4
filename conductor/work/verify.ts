import { refreshCaches } from '../caches.ts';
import { bmcFirmwareStep, bmcFirmwareSteps } from '../registration/bmc-firmware.ts';
import { DONE, findIn, plannedStep, type StepDefinition, type Work, type WorkContext } from '../step.ts';
import { verifyClock } from '../steps/management.ts';

/** Reads the power state: proof that the BMC answers to the node's driver_info. What else it tells is kept. */
const readPower: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const bmc = await ctx.bmc();
    ctx.change({ power_state: await bmc.powerState() });
    await refreshCaches(ctx);
    return DONE;
  },
};

const CHECKS_CLOCK = ['redfish', 'idrac-redfish', 'fake'];

/** Ironic's redfish interface has this step, and so have ours for hardware in memory. */
function verifiesClock({ settings, node }: WorkContext): boolean {
  return settings.redfish.enable_verify_bmc_clock && CHECKS_CLOCK.includes(node.management_interface);
}

const own = findIn({
  'power.validate': readPower,
  'management.verify_bmc_clock': { survives: 'repeat', run: verifyClock.run },
});

/** enroll → manageable: the BMC can be reached with the credentials given, and has updated what it was to update. */
export const verifyWork: Work = {
  plan: async (ctx) => [
    plannedStep('power.validate'),
    ...(verifiesClock(ctx) ? [plannedStep('management.verify_bmc_clock', { priority: 1 })] : []),
    ...(await bmcFirmwareSteps(ctx)),
  ],
  find: (step) => own(step) ?? bmcFirmwareStep(step),
  finish: () => ({ events: ['done'], changes: { last_error: null } }),
  fail: () => ({ events: ['fail'], changes: {} }),
};
