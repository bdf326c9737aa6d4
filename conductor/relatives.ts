import { createHash } from 'node:crypto';
import type { PlannedStep, StepOutcome } from '../lifecycle/job.ts';
import type { JsonObject } from '../lifecycle/json.ts';
import type { NodeRecord } from '../lifecycle/records.ts';
import { isLive } from '../lifecycle/reservation.ts';
import { isReserved } from './requests/steps.ts';
import {
  DONE,
  plannedStep,
  type RelativeJob,
  type StepContext,
  type StepDefinition,
  StepFailure,
  stepName,
  type WorkContext,
} from './step.ts';

/**
 * Parents and children (ironic API 1.83): nodes in one chassis, such as DPUs in a server. A child that has no power supply of
 * its own needs its parent on, and is off before its parent is. What a step does to a relative is a job of that node, which
 * holds it, survives crashes and shows its own errors; the step looks after it until it has ended.
 */

const PARENT_ON = 'power.power_on_parent';
const CHILDREN_OFF = 'power.power_off_children';

/** Steps that power a server off for good; a reboot leaves its children alone, as in Ironic. */
const POWERS_OFF = [
  'deploy.tear_down',
  'deploy.tear_down_cleaning',
  'deploy.tear_down_agent',
  'inspect.tear_down',
];
const POWERS_ON = ['deploy.boot_instance'];

const LOOK_MS = 250;
const MAX_LOOK_MS = 5000;

/** The plan with the relatives' power seen to before each step that needs it. */
export async function withRelatives(ctx: WorkContext, steps: readonly PlannedStep[]): Promise<PlannedStep[]> {
  if (ctx.job.kind === 'power' && /reboot/.test(String(ctx.job.args.target))) return [...steps];
  const needs_parent = ctx.node.parent_node !== null && !isIndependent(ctx.node);
  const off = (step: PlannedStep) => POWERS_OFF.includes(stepName(step)) || isOwn(step, 'power_off');
  const on = (step: PlannedStep) => POWERS_ON.includes(stepName(step)) || isOwn(step, 'power_on');
  const has_children = steps.some(off) && (await childrenOf(ctx)).some((child) => !isIndependent(child));
  return steps.flatMap((step) => [
    ...(has_children && off(step) ? [plannedStep(CHILDREN_OFF)] : []),
    ...(needs_parent && on(step) ? [plannedStep(PARENT_ON)] : []),
    step,
  ]);
}

function isOwn(step: PlannedStep, name: string): boolean {
  return step.step === name && isReserved(step.step) && step.children === undefined;
}

/** How a step on relatives is done; null: it is none. */
export function relativeStep(step: PlannedStep): StepDefinition | null {
  if (step.children !== undefined) return onChildren;
  const name = stepName(step);
  return name === PARENT_ON ? parentOn : name === CHILDREN_OFF ? childrenOff : null;
}

/** `driver_info.has_dedicated_power_supply`: anything that Python holds for true, as in Ironic. */
function isIndependent({ driver_info }: NodeRecord): boolean {
  const { has_dedicated_power_supply: given } = driver_info;
  return Boolean(given) && !(Array.isArray(given) && given.length === 0);
}

function childrenOf({ store, node }: WorkContext): Promise<NodeRecord[]> {
  return store.nodes.list({ where: { parent_node: node.uuid }, include_children: true });
}

const parentOn: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const parent = ctx.node.parent_node === null ? null : await ctx.store.nodes.get(ctx.node.parent_node);
    if (parent === null) return DONE;
    // Its own work, which runs this step, may have turned it on.
    if (parent.power_state === 'power on' && parent.reservation !== null) return DONE;
    return seeTo(ctx, [powerJob(parent, 'power on')], ({ uuid }) => `parent_node ${uuid}`);
  },
};

const childrenOff: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const children = (await childrenOf(ctx)).filter((child) => !isIndependent(child));
    const kept_on = children.find((child) => child.disable_power_off && child.power_state !== 'power off');
    if (kept_on !== undefined)
      throw new StepFailure(
        `The child node ${kept_on.uuid} may not be powered off (disable_power_off), and has no power supply of its own.`,
      );
    const jobs = children
      .filter((child) => child.power_state !== 'power off' || child.reservation === null)
      .map((child) => powerJob(child, 'power off'));
    return seeTo(ctx, jobs, ({ uuid }) => `child_node ${uuid}`);
  },
};

/** A step of a client's on the children, or on those that it names; others' children are passed over. */
const onChildren: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const only = ctx.step.children ?? [];
    const children = (await childrenOf(ctx)).filter(({ uuid }) => only.length === 0 || only.includes(uuid));
    const { children: _, ...step } = ctx.step;
    const args = { area: ctx.job.kind, step: step as unknown as JsonObject };
    const jobs = children.map((node): Task => ({ node, kind: 'child', args, changes: { last_error: null } }));
    return seeTo(ctx, jobs, ({ uuid }) => `child_node ${uuid}`);
  },
};

type Task = Omit<RelativeJob, 'uuid'>;

function powerJob(node: NodeRecord, target: 'power on' | 'power off'): Task {
  const changes = { target_power_state: target, last_error: null };
  return { node, kind: 'power', args: { target, timeout_s: null, reason: 'relative' }, changes };
}

/**
 * Has each task carried out by a job of its node; the same job however often this is called in one step.
 * @param named the node in messages.
 * @throws StepFailure when one failed, or when a node stays locked
 */
async function seeTo(
  ctx: StepContext,
  tasks: readonly Task[],
  named: (node: NodeRecord) => string,
): Promise<StepOutcome> {
  const jobs = await Promise.all(
    tasks.map(async (task) => ({
      node: task.node,
      job: await ctx.ensureJob({ ...task, uuid: jobUuid(ctx, task.node) }),
    })),
  );
  const looks = Number(ctx.data.looks ?? 0);
  const tries = Number(ctx.data.tries ?? 0);
  const since = Number(ctx.data.since ?? ctx.now());
  const live = jobs.find(({ job }) => job !== null && isLive(job));
  if (live !== undefined) {
    const limit_s = ctx.settings.conductor.clean_callback_timeout;
    if (limit_s > 0 && ctx.now() - since > limit_s * 1000)
      throw new StepFailure(
        `The work on ${named(live.node)} has not ended within ${limit_s} s: it goes on. Check that a conductor of its group runs.`,
      );
    const after_ms = Math.min(LOOK_MS * 2 ** looks, MAX_LOOK_MS);
    return { outcome: 'again', after_ms, data: { looks: looks + 1, tries, since } };
  }
  const locked = jobs.find(({ job }) => job === null);
  if (locked !== undefined) {
    const { node_locked_retry_attempts, node_locked_retry_interval } = ctx.settings.conductor;
    if (tries >= node_locked_retry_attempts)
      throw new StepFailure(
        `Node ${ctx.node.uuid} ${named(locked.node)} is presently locked and we are unable to perform any action on it at this time. Please retry after the current operation is completed.`,
        { code: 'Conflict', status: 409 },
      );
    const after_ms = node_locked_retry_interval * 1000;
    return { outcome: 'again', after_ms, data: { looks, tries: tries + 1, since } };
  }
  const failed = jobs.find(({ job }) => job?.state !== 'done');
  if (failed !== undefined)
    throw new StepFailure(
      `While executing step ${stepName(ctx.step)} on ${named(failed.node)}: ${failed.job?.error?.message ?? 'it ended.'}`,
    );
  return DONE;
}

/** Names the job that a visit of this step starts on a relative, so that the next visit finds it. */
function jobUuid({ job, step_index }: StepContext, { uuid }: NodeRecord): string {
  const hex = createHash('sha256').update(`${job.uuid}/${step_index}/${uuid}`).digest('hex');
  // A UUID of version 8: its bits are ours (RFC 9562 5.8).
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
