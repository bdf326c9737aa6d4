import type { PlannedStep } from '../../lifecycle/job.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { baselineStep, baselineSteps, quarantineOf } from '../baseline/baseline-steps.ts';
import { quarantine } from '../baseline/quarantine.ts';
import { refreshCaches } from '../caches.ts';
import { restoresImages, usesAgent } from '../interfaces.ts';
import { dropNetwork, networkOf } from '../network/network.ts';
import { withRelatives } from '../relatives.ts';
import { isReserved, requestedSteps, runsOnBmc } from '../requests/steps.ts';
import {
  DONE,
  type Failure,
  findIn,
  type NodeEnd,
  plannedStep,
  type StepDefinition,
  stepName,
  type Work,
  type WorkContext,
} from '../step.ts';
import { hardwareStep, refuseImpossible } from '../steps/hardware-step.ts';
import { wipedAgent } from '../wiped-agent.ts';
import { askForSteps, refuseNotOffered, stepsOfAgent } from './agent-steps.ts';
import { type CleaningRunbook, cleaningRunbook } from './cleaning-runbook.ts';
import { CLEAR_DISKS, clearDisks, clearDisksStep } from './deploy-restore.ts';
import { inBandStep } from './in-band-step.ts';
import { bootRamdisk, limit_ms, powerOff } from './ramdisk.ts';
import { reservedStep } from './reserved-steps.ts';
import { VERIFY_ERASURE, verifyErasureStep } from './verify-erasure.ts';

function isManual(ctx: WorkContext): boolean {
  return ctx.node.target_provision_state === 'manageable';
}

/** The steps that somebody has named, in their order; null: the clean finds its own. */
async function declaredSteps(ctx: WorkContext): Promise<CleaningRunbook | null> {
  if (!isManual(ctx)) return cleaningRunbook(ctx);
  const { clean_steps, disable_ramdisk } = ctx.job.args;
  return {
    steps: Array.isArray(clean_steps) ? (clean_steps as JsonObject[]) : [],
    disable_ramdisk: disable_ramdisk === true,
  };
}

/** Boots the ramdisk, waits for the agent, and for an automated clean asks it for its steps. */
const prepare: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const within_ms = limit_ms(ctx.settings.conductor.clean_callback_timeout);
    if (!ctx.woken) {
      await networkOf(ctx).add(ctx, 'cleaning');
      await bootRamdisk(ctx);
      return { outcome: 'wait', wait_for: 'heartbeat', within_ms };
    }
    const result = await askForSteps(ctx, 'clean');
    if (ctx.step.args.declared === true) {
      refuseNotOffered(ctx, stepsOfAgent(result, 'clean'));
      return DONE;
    }
    const steps = automatedSteps(result, ctx);
    await refuseImpossible(ctx, steps);
    const { before, after } = await baselineSteps(ctx);
    ctx.replan(await withRelatives(ctx, [...steps, ...before, TEAR_DOWN, ...after]));
    return DONE;
  },
};

const tearDown: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    await powerOff(ctx);
    await networkOf(ctx).remove(ctx, 'cleaning');
    return DONE;
  },
};

const TEAR_DOWN = plannedStep('deploy.tear_down_cleaning');

const OWN = findIn({ 'deploy.prepare_cleaning': prepare, 'deploy.tear_down_cleaning': tearDown });

/** Of interfaces with equal priority, which goes first. */
const RANK: Readonly<Record<string, number>> = {
  vendor: 7,
  power: 6,
  management: 5,
  firmware: 4,
  deploy: 3,
  bios: 2,
  raid: 1,
};

/**
 * The steps of an automated clean: the agent's, and those of the BMC that the settings give a priority; priority overridden by
 * the settings, 0 left out, highest first.
 */
function automatedSteps(result: Json, ctx: WorkContext): PlannedStep[] {
  const overrides = priorities(ctx);
  const seen = new Map<string, PlannedStep>();
  for (const found of [...stepsOfAgent(result, 'clean'), ...stepsOfBmc(ctx, overrides)]) {
    const name = stepName(found);
    const priority = overrides.get(name) ?? found.priority;
    const known = seen.get(name);
    if (priority > 0 && (known === undefined || known.priority < priority))
      seen.set(name, { ...found, priority });
  }
  return [...seen.values()].sort(
    (a, b) => b.priority - a.priority || (RANK[b.interface] ?? 0) - (RANK[a.interface] ?? 0),
  );
}

function priorities({ settings }: WorkContext): Map<string, number> {
  const { erase_devices_priority, erase_devices_metadata_priority } = settings.deploy;
  return new Map([
    ['deploy.erase_devices', erase_devices_priority],
    ['deploy.erase_devices_metadata', erase_devices_metadata_priority],
    ...settings.conductor.clean_step_priority_override.map((text): [string, number] => {
      const [name = '', priority] = text.split(':');
      return [name, Number(priority)];
    }),
  ]);
}

/** Steps that the BMC carries out and the settings ask for, as far as the node's interfaces have them. */
function stepsOfBmc(ctx: WorkContext, overrides: ReadonlyMap<string, number>): PlannedStep[] {
  return [...overrides].flatMap(([name, priority]): PlannedStep[] => {
    if (!(priority > 0)) return [];
    const step = plannedStep(name, { priority });
    return runsOnBmc(step, { area: 'clean', node: ctx.node, disable_ramdisk: false }) ? [step] : [];
  });
}

/** Cleaning between tenants (automated), and by an operator's steps (manual). */
export const cleanWork: Work = {
  step_field: 'clean_step',
  plan: async (ctx) => {
    const declared = await declaredSteps(ctx);
    const { node, settings, drivers } = ctx;
    const own =
      declared === null ? [] : requestedSteps({ area: 'clean', node, settings, drivers, ...declared });
    await refuseImpossible(ctx, own);
    const { before, after } = isManual(ctx) ? { before: [], after: [] } : await baselineSteps(ctx);
    // Where somebody names the steps, theirs are all.
    if (restoresImages(node) && declared === null)
      return [clearDisksStep(after.length === 0), ...before, ...after];
    if (!usesAgent(node) || declared?.disable_ramdisk === true) return [...own, ...before, ...after];
    return [
      plannedStep('deploy.prepare_cleaning', {
        abortable: true,
        ...(declared === null ? {} : { args: { declared: true } }),
      }),
      ...own,
      ...before,
      TEAR_DOWN,
      ...after,
    ];
  },
  find: (step, node) => {
    if (isReserved(step.step)) return reservedStep(step.step, 1800);
    if (stepName(step) === CLEAR_DISKS) return clearDisks;
    const own = OWN(step) ?? baselineStep(step, restOf);
    if (own !== null) return own;
    if (!step.in_band || !usesAgent(node)) return hardwareStep(step);
    return stepName(step) === VERIFY_ERASURE ? verifyErasureStep(step) : inBandStep('clean', step);
  },
  finish: async (ctx, result) => {
    await refreshCaches(ctx);
    const why = quarantineOf(result);
    return {
      events: [isManual(ctx) || ctx.node.retired || why !== null ? 'manage' : 'done'],
      ...(why === null ? {} : { note: `In quarantine. ${why}` }),
      changes: { clean_step: {}, driver_internal_info: wipedAgent(ctx.node.driver_internal_info) },
    };
  },
  fail: (ctx, failure) => cleanFailure(ctx, failure),
  aborted: async (ctx, step) => {
    await powerOff(ctx).catch(() => {});
    await leaveNetwork(ctx);
    return {
      events: ['fail'],
      changes: {
        clean_step: {},
        last_error: `By request, the clean operation was aborted after step ${stepName(step)}.`,
        driver_internal_info: wipedAgent(ctx.node.driver_internal_info),
      },
    };
  },
};

/** What a clean has to do still once the settings are to be brought back: the network of a ramdisk is left, if there is one. */
function restOf({ node, job }: WorkContext): PlannedStep[] {
  return usesAgent(node) && job.args.disable_ramdisk !== true ? [TEAR_DOWN] : [];
}

async function leaveNetwork(ctx: WorkContext): Promise<void> {
  if (usesAgent(ctx.node) && ctx.job.args.disable_ramdisk !== true) await dropNetwork(ctx, 'cleaning');
}

/** A step that broke off may have left the disks half erased: nobody but an operator may use the node then. */
async function cleanFailure(ctx: WorkContext, failure: Failure): Promise<NodeEnd> {
  await leaveNetwork(ctx);
  const { step } = failure;
  const ran = step !== null && stepName(step) !== 'deploy.prepare_cleaning';
  // Nobody who mends the server later must take it for one that was erased, or that is as it was.
  if (step !== null && (step.restores === true || stepName(step) === VERIFY_ERASURE))
    await quarantine(ctx, ctx.node.uuid, { by: ctx.hostname, reason: failure.message });
  return {
    events: ['fail'],
    changes: {
      clean_step: {},
      driver_internal_info: wipedAgent(ctx.node.driver_internal_info),
      ...(ran
        ? {
            maintenance: true,
            fault: 'clean failure' as const,
            maintenance_reason: ctx.node.maintenance_reason ?? failure.message,
          }
        : {}),
    },
  };
}
