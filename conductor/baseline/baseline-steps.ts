import { firmwareDifferences, restoreSteps, settingsDifferences } from '../../lifecycle/hardware-baseline.ts';
import type { PlannedStep } from '../../lifecycle/job.ts';
import type { Json } from '../../lifecycle/json.ts';
import { runsOnBmc } from '../requests/steps.ts';
import { DONE, plannedStep, type StepContext, type StepDefinition, type WorkContext } from '../step.ts';
import { powerOff } from '../work/ramdisk.ts';
import { quarantine } from './quarantine.ts';
import { readHardware } from './read-hardware.ts';

const RESTORE = 'management.restore_baseline';
const COMPARE = 'management.compare_baseline';

/** Whether a server is to be like something before it goes into stock: its own baseline, or a rule about firmware. */
export async function hasBaseline({
  node,
  store,
  settings,
}: Pick<WorkContext, 'node' | 'store' | 'settings'>): Promise<boolean> {
  if (settings.conductor.automatic_baseline) return true;
  const [own, rules] = await Promise.all([
    store.server_baselines.get(node.uuid),
    store.firmware_baselines.list({ limit: 1, fields: ['uuid'] }),
  ]);
  return own !== null || rules.length > 0;
}

/** Around the end of a clean that leads into stock: `before` it the settings are brought back, `after` it all is compared. */
export async function baselineSteps(
  ctx: WorkContext,
): Promise<{ before: PlannedStep[]; after: PlannedStep[] }> {
  if (!(await hasBaseline(ctx))) return { before: [], after: [] };
  return { before: [plannedStep(RESTORE)], after: [plannedStep(COMPARE)] };
}

/** Finds out what differs, and puts the steps that bring it back before the rest of the plan, which `rest` tells. */
const restore = (rest: (ctx: StepContext) => PlannedStep[]): StepDefinition => ({
  survives: 'repeat',
  run: async (ctx) => {
    const own = await ctx.store.server_baselines.get(ctx.node.uuid);
    if (own === null) return DONE;
    const steps = restoreSteps(own.hardware, await readHardware(ctx))
      .map(({ interface: kind, step, args }) => plannedStep(`${kind}.${step}`, { args, restores: true }))
      // What no step can bring back is found by the comparison.
      .filter((step) => runsOnBmc(step, { area: 'clean', node: ctx.node, disable_ramdisk: false }));
    ctx.replan([...steps, ...rest(ctx), plannedStep(COMPARE)]);
    const names = steps.map(({ interface: kind, step }) => `${kind}.${step}`).join(', ');
    return { outcome: 'done', result: names === '' ? 'as in its baseline' : `to be brought back: ${names}` };
  },
});

/** Reads all of it again. What differs puts the server in quarantine; a server without a baseline gets one where the settings say so. */
const compare: StepDefinition = {
  survives: 'repeat',
  run: async (ctx) => {
    const { node, settings, store } = ctx;
    const [own, rules] = await Promise.all([
      store.server_baselines.get(node.uuid),
      store.firmware_baselines.list({ where: { enforced: true } }),
    ]);
    const found = await readHardware(ctx);
    await powerOff(ctx);
    if (own === null && settings.conductor.automatic_baseline)
      await store.server_baselines.create({ uuid: node.uuid, hardware: found, taken_by: ctx.hostname });
    const differences = [
      ...(own === null ? [] : settingsDifferences(own.hardware, found)),
      ...firmwareDifferences(own?.hardware ?? null, found, rules),
    ];
    if (differences.length === 0) return { outcome: 'done', result: 'as in its baseline' };
    const reason = `It differs from its baseline: ${differences
      .map(({ what, baseline, found: is }) => `${what} is ${is ?? 'not there'}, not ${baseline ?? 'there'}`)
      .join('; ')}.`;
    await quarantine(ctx, node.uuid, { by: ctx.hostname, reason, differences });
    return { outcome: 'done', result: { quarantine: reason } };
  },
};

/** How a step of this kind is done; null: it is none. */
export function baselineStep(
  { interface: kind, step }: Pick<PlannedStep, 'interface' | 'step'>,
  rest: (ctx: StepContext) => PlannedStep[],
): StepDefinition | null {
  const name = `${kind}.${step}`;
  return name === RESTORE ? restore(rest) : name === COMPARE ? compare : null;
}

/** Why a clean that ended leads into quarantine, and not into stock; null: it does not. */
export function quarantineOf(result: Json): string | null {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return null;
  return typeof result.quarantine === 'string' ? result.quarantine : null;
}
