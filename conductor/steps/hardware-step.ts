import type { PlannedStep } from '../../lifecycle/job.ts';
import { hardwareStepOf } from '../requests/steps.ts';
import { type StepDefinition, StepFailure, stepName, type WorkContext } from '../step.ts';
import { applyBios, resetBios } from './bios.ts';
import { eraseDrives } from './erase.ts';
import { updateFirmware } from './firmware.ts';
import type { HardwareStepRun } from './hardware-step-run.ts';
import {
  clearJobQueue,
  clearSecureBootKeys,
  configureSpeedSelect,
  knownGoodState,
  reattachNetworking,
  resetBmc,
  secureBootKeysToDefault,
  sendRaw,
  setAccounts,
  setClock,
  setNtp,
} from './management.ts';
import { runScript } from './network-task.ts';
import { createRaid, deleteRaid } from './raid.ts';
import { setCredentials } from './set-credentials.ts';
import { setLan } from './set-lan.ts';
import { refuseHarmToOthers } from './shared-bmc.ts';

/** How each step of the table is done. */
const RUNS: Readonly<Record<string, HardwareStepRun>> = {
  'bios.apply_configuration': applyBios,
  'bios.factory_reset': resetBios,
  'raid.create_configuration': createRaid,
  'raid.delete_configuration': deleteRaid,
  'raid.apply_configuration': createRaid,
  'firmware.update': updateFirmware,
  'management.update_firmware': updateFirmware,
  'management.set_bmc_clock': setClock,
  'management.reset_secure_boot_keys_to_default': secureBootKeysToDefault,
  'management.clear_secure_boot_keys': clearSecureBootKeys,
  'management.clear_job_queue': clearJobQueue,
  'management.reset_idrac': resetBmc,
  'management.known_good_state': knownGoodState,
  'management.configure_intel_speedselect': configureSpeedSelect,
  'vendor.send_raw': sendRaw,
  'vendor.run_script': runScript,
  'network.reattach_networking': reattachNetworking,
  'deploy.erase_devices': eraseDrives,
  'deploy.erase_devices_express': eraseDrives,
  'management.set_bmc_accounts': setAccounts,
  'management.set_bmc_credentials': setCredentials,
  'management.set_bmc_lan': setLan,
  'management.set_bmc_ntp': setNtp,
  'management.reset_bmc': resetBmc,
};

/** How a step that the BMC carries out is done; null: it is none. */
export function hardwareStep(step: PlannedStep): StepDefinition | null {
  const facts = hardwareStepOf(step);
  const run = RUNS[stepName(step)];
  if (facts === null || run === undefined) return null;
  return {
    survives: facts.survives,
    // A node may have got the same BMC since the plan was made.
    run: async (ctx) => {
      if (Object.keys(ctx.data).length === 0) await refuseHarmToOthers(ctx, [step]);
      return run.run(ctx);
    },
    probe: run.resume ?? (async () => 'repeat' as const),
  };
}

/**
 * Refuses a plan with steps that this server's driver or BMC cannot do, before the first of them runs.
 * @throws StepFailure that names every step and its reason
 */
export async function refuseImpossible(ctx: WorkContext, steps: readonly PlannedStep[]): Promise<void> {
  const by_bmc = steps.filter((step) => (hardwareStepOf(step)?.needs ?? []).length > 0);
  if (by_bmc.length === 0) return;
  const bmc = await ctx.bmc();
  const problems = await bmc.use('see what the BMC can do', async (connection, options) => {
    const found: string[] = [];
    for (const step of by_bmc) {
      const { needs = [] } = hardwareStepOf(step) ?? {};
      const name = stepName(step);
      if (needs.every((need) => connection[need] === undefined))
        found.push(`${name}: the driver ${ctx.node.driver} lacks ${needs.join(' or ')} for this server.`);
      else {
        const reasons = await RUNS[name]?.foresee?.(connection, options, step.args, ctx.node);
        found.push(...(reasons ?? []).map((why) => `${name}: ${why}`));
      }
    }
    return found;
  });
  await refuseHarmToOthers(ctx, by_bmc);
  if (problems.length > 0)
    throw new StepFailure(`Nothing was touched, because not all can be done: ${problems.join(' ')}`, {
      code: 'InvalidParameterValue',
      status: 400,
    });
}
