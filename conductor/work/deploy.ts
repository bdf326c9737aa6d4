import { deployInterface } from '../../lifecycle/deploy-interface.ts';
import type { PlannedStep, StepOutcome } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { restoreConsole } from '../console.ts';
import { networkDevice } from '../interfaces.ts';
import { networkOf } from '../network/network.ts';
import { bootsProfile, deployProblems } from '../requests/checks.ts';
import { isReserved, requestedSteps } from '../requests/steps.ts';
import {
  DONE,
  type Failure,
  findIn,
  type NodeEnd,
  plannedStep,
  type StepContext,
  type StepDefinition,
  StepFailure,
  stepName,
  type Work,
  type WorkContext,
} from '../step.ts';
import { hardwareStep, refuseImpossible } from '../steps/hardware-step.ts';
import { wipedAgent } from '../wiped-agent.ts';
import { DIRECT_STEPS } from './deploy-direct.ts';
import { prepareNetworkBoot, withoutImage } from './deploy-image.ts';
import { RESTORE_STEPS } from './deploy-restore.ts';
import { inBandStep } from './in-band-step.ts';
import { bootFrom, limit_ms, powerOff } from './ramdisk.ts';
import { reservedStep } from './reserved-steps.ts';

/**
 * Boots from the network what instance_info names, else the profile of the server's flavor; it stays in memory, so every boot does the
 * same. The profile's system says itself when it is installed.
 */
const ramdiskDeploy: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    if (ctx.woken) return await heardOfSystem(ctx);
    // What it boots has to be written before it asks.
    if (ctx.data.prepared !== true && (await prepareNetworkBoot(ctx)))
      return { outcome: 'again', after_ms: 0, data: { prepared: true } };
    await networkOf(ctx).plugTenant(ctx);
    await bootFrom(ctx, networkDevice(ctx.node), { persistent: true });
    if (!bootsProfile(ctx.node)) return DONE;
    const within_ms = limit_ms(ctx.settings.conductor.deploy_callback_timeout);
    return { outcome: 'wait', wait_for: 'installed', within_ms };
  },
};

async function heardOfSystem({ node, store }: StepContext): Promise<StepOutcome> {
  const server = await store.servers.get(node.uuid);
  if (server?.installed_at != null) return DONE;
  throw new StepFailure(
    `The server said that its system could not be installed: ${server?.install_note ?? 'it gave no reason'}`,
  );
}

const nothing: StepDefinition = { survives: 'repeat', run: async () => DONE };

/** The steps of each deploy interface, with Ironic's names and priorities. */
const INTERFACES: Readonly<Record<string, Readonly<Record<string, StepDefinition>>>> = {
  direct: DIRECT_STEPS,
  ramdisk: { 'deploy.deploy': ramdiskDeploy },
  bampi: RESTORE_STEPS,
  fake: { 'deploy.deploy': nothing },
  noop: { 'deploy.deploy': nothing },
};

/** Ironic's. */
export const PRIORITIES: Readonly<Record<string, number>> = {
  'deploy.deploy': 100,
  'deploy.write_image': 80,
  'deploy.prepare_instance_boot': 60,
  'deploy.tear_down_agent': 40,
  'deploy.switch_to_tenant_network': 30,
  'deploy.boot_instance': 20,
};

function stepsOf(node: NodeRecord): Readonly<Record<string, StepDefinition>> {
  return INTERFACES[deployInterface(node)] ?? {};
}

/**
 * The driver's steps, those of matching deploy templates, and those of the request: the request beats templates, templates
 * beat the driver; priority 0 removes a step; the highest priority goes first.
 */
export async function deployPlan(ctx: WorkContext): Promise<PlannedStep[]> {
  const plan = new Map<string, PlannedStep>();
  for (const name of Object.keys(stepsOf(ctx.node)))
    plan.set(
      name,
      // Until the agent answers nothing has been written: a server that never boots must not hold its node.
      plannedStep(name, { priority: PRIORITIES[name] ?? 0, abortable: name === 'deploy.deploy' }),
    );
  const traits = ctx.node.instance_info.traits;
  if (Array.isArray(traits) && traits.length > 0) {
    const templates = await ctx.store.deploy_templates.list({ where: { name: traits.map(String) } });
    for (const template of templates) override(ctx, plan, template.steps);
  }
  const { deploy_steps } = ctx.job.args;
  if (Array.isArray(deploy_steps)) override(ctx, plan, deploy_steps as JsonObject[]);
  const steps = [...plan.values()]
    .filter((step) => step.priority > 0)
    .sort((a, b) => b.priority - a.priority);
  await refuseImpossible(ctx, steps);
  return steps;
}

function override(ctx: WorkContext, plan: Map<string, PlannedStep>, steps: readonly JsonObject[]): void {
  // A step of the interface's own is moved or taken out only: nobody has to be asked for it.
  const own = steps.filter(({ interface: kind, step }) => plan.has(`${String(kind)}.${String(step)}`));
  const { node, settings, drivers } = ctx;
  const others = requestedSteps({
    ...{ area: 'deploy', node, settings, drivers, disable_ramdisk: false },
    steps: steps.filter((step) => !own.includes(step)),
  });
  const moved = own.map(({ interface: kind, step, args, priority }) =>
    plannedStep(`${String(kind)}.${String(step)}`, {
      args: (args ?? {}) as JsonObject,
      priority: Number(priority ?? 0),
    }),
  );
  for (const step of [...moved, ...others]) {
    const name = stepName(step);
    if (name === 'deploy.deploy') {
      if (step.priority > 0)
        throw new StepFailure('The step deploy.deploy is the core of a deployment: it cannot be overridden.');
      continue;
    }
    const known = plan.get(name);
    plan.set(name, known === undefined ? step : { ...step, in_band: known.in_band });
  }
}

/** Puts an instance on a node. */
export const deployWork: Work = {
  step_field: 'deploy_step',
  plan: async (ctx) => {
    const problems = await deployProblems(ctx.node, ctx.settings, ctx.store);
    if (problems.length > 0) throw new StepFailure(`The node cannot be deployed: ${problems.join(' ')}`);
    // What the system of the last deploy said is of the past.
    await ctx.store.servers.update(ctx.node.uuid, {
      ...{ installed_at: null, install_failed_at: null, install_note: null },
    });
    return deployPlan(ctx);
  },
  find: (step, node) => {
    if (isReserved(step.step)) return reservedStep(step.step, 1800);
    return findIn(stepsOf(node))(step) ?? (step.in_band ? inBandStep('deploy', step) : hardwareStep(step));
  },
  finish: async (ctx) => ({
    events: ['done'],
    changes: {
      deploy_step: {},
      last_error: null,
      driver_internal_info: withoutImage(wipedAgent(ctx.node.driver_internal_info)),
      ...(await restoreConsole(ctx)),
    },
  }),
  fail: deployFailure,
  aborted: async (ctx, step) => {
    const last_error = `By request, the deploy operation was aborted after step ${stepName(step)}.`;
    return {
      events: ['fail'],
      changes: {
        deploy_step: {},
        last_error,
        driver_internal_info: withoutImage(wipedAgent(ctx.node.driver_internal_info)),
      },
    };
  },
};

async function deployFailure(ctx: WorkContext, failure: Failure): Promise<NodeEnd> {
  let also = '';
  if (ctx.settings.deploy.power_off_after_deploy_failure && failure.step !== null)
    await powerOff(ctx).catch((error: unknown) => {
      also = ` The server could not be powered off either: ${error instanceof Error ? error.message : 'unknown'}`;
    });
  return {
    events: ['fail'],
    changes: {
      deploy_step: {},
      last_error: `${failure.message}${also}`,
      driver_internal_info: withoutImage(wipedAgent(ctx.node.driver_internal_info)),
    },
  };
}
