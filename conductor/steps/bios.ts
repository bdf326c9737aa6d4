import type { StepOutcome } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { keepPending, refreshCaches } from '../caches.ts';
import { DONE, type StepContext, StepFailure } from '../step.ts';
import { again, deadline, rebootFor, refuseLate, taskEnded, whileSilent } from './bmc-task.ts';
import { capability } from './capability.ts';
import type { HardwareStepRun } from './hardware-step-run.ts';

interface Wanted {
  name: string;
  value: string | number | boolean;
}

function wanted(args: JsonObject): Wanted[] {
  return (args.settings ?? []) as unknown as Wanted[];
}

/** Asks, lets the server boot, and believes only the values read back. */
export const applyBios: HardwareStepRun = {
  run: (ctx) =>
    change(ctx, {
      what: 'apply the BIOS configuration',
      ask: async (connection, options) =>
        capability(connection, 'biosWriter').apply(wanted(ctx.step.args), options),
      missing: async () => {
        const values = await readBios(ctx);
        if (values === 'silent') return 'the BMC does not answer.';
        const wrong = wanted(ctx.step.args).find(({ name, value }) => !alike(values.get(name), value));
        return wrong && `the BIOS setting ${wrong.name} is ${values.get(wrong.name) ?? 'not there'}.`;
      },
    }),
  foresee: async (connection, options, args) => {
    const known = new Map(((await connection.bios?.read(options)) ?? []).map((each) => [each.name, each]));
    if (connection.bios === undefined) return [];
    return wanted(args).flatMap(({ name, value }) => {
      const setting = known.get(name);
      if (setting === undefined) return [`the server has no BIOS setting ${name}.`];
      if (setting.read_only === true) return [`the BIOS setting ${name} is read-only.`];
      const { allowable_values } = setting;
      return allowable_values !== null && !allowable_values.includes(String(value))
        ? [`the BIOS setting ${name} may be ${allowable_values.join(', ')}, not ${String(value)}.`]
        : [];
    });
  },
};

export const resetBios: HardwareStepRun = {
  run: (ctx) =>
    change(ctx, {
      what: 'reset the BIOS to the settings of the factory',
      ask: async (connection, options) => capability(connection, 'biosWriter').factoryReset(options),
      missing: async () => undefined,
    }),
};

async function change(
  ctx: StepContext,
  how: {
    what: string;
    ask: Parameters<typeof whileSilent<string | null>>[2];
    /** What is not as it should be after the boot. */
    missing(): Promise<string | undefined>;
  },
): Promise<StepOutcome> {
  const { phase, task } = ctx.data;
  if (phase === undefined) {
    const started = await (await ctx.bmc()).use(how.what, how.ask);
    return again(ctx, { phase: 'asked', task: started, deadline: deadline(ctx) }, true);
  }
  const { data } = ctx;
  if (phase === 'asked') {
    // A BMC may end its task only with the boot: what is pending is ready for it.
    if (await readyForBoot(ctx, typeof task === 'string' ? task : null, how.what))
      return rebootFor(ctx, { ...data, phase: 'booted' });
    refuseLate(ctx, how.what, 'the BMC is still at work on it.');
    return again(ctx, data);
  }
  const pending = await readPending(ctx);
  const waiting = pending === 'silent' ? ['all'] : Object.keys(pending);
  const missing =
    waiting.length > 0 ? `the server has not taken on: ${waiting.join(', ')}.` : await how.missing();
  if (missing !== undefined) {
    refuseLate(ctx, how.what, missing);
    return again(ctx, data);
  }
  await refreshCaches(ctx);
  return DONE;
}

async function readyForBoot(ctx: StepContext, task: string | null, what: string): Promise<boolean> {
  if (await taskEnded(ctx, task, what)) return true;
  const pending = await readPending(ctx);
  return pending !== 'silent' && Object.keys(pending).length > 0;
}

/** The server shows them too: they outlive a step that fails. */
async function readPending(ctx: StepContext): Promise<Readonly<Record<string, string>> | 'silent'> {
  const pending = await whileSilent(ctx, 'read the pending BIOS settings', async ({ biosWriter }, options) =>
    biosWriter === undefined ? {} : biosWriter.pending(options),
  );
  if (pending !== 'silent') await keepPending(ctx, pending);
  return pending;
}

async function readBios(ctx: StepContext): Promise<Map<string, string | null> | 'silent'> {
  const read = await whileSilent(ctx, 'read the BIOS settings', async ({ bios }, options) =>
    bios === undefined ? null : bios.read(options),
  );
  if (read === 'silent') return read;
  if (read === null) throw new StepFailure('The BMC has no way to read its BIOS settings back.');
  return new Map(read.map(({ name, value }) => [name, value]));
}

function alike(read: string | null | undefined, value: Wanted['value']): boolean {
  return read?.toLowerCase() === String(value).toLowerCase();
}
