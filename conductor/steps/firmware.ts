import type { StepOutcome } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { refreshCaches } from '../caches.ts';
import { DONE, type StepContext, StepFailure } from '../step.ts';
import { again, deadline, rebootFor, refuseLate, taskEnded, whileSilent } from './bmc-task.ts';
import { capability } from './capability.ts';
import type { HardwareStepRun } from './hardware-step-run.ts';

interface Update {
  component: string;
  url: string;
  /** The version that the image holds, when the client knows it. */
  version: string | null;
  checksum: string | null;
  wait_s: number;
}

/** `settings` of firmware.update, or `firmware_images` of the older management.update_firmware, which are the BIOS's. */
function updates({ settings, firmware_images }: JsonObject): Update[] {
  const list = (settings ?? firmware_images ?? []) as JsonObject[];
  return list.map(({ component, url, version, checksum, wait }) => ({
    component: typeof component === 'string' ? component : 'bios',
    url: String(url),
    version: typeof version === 'string' ? version : null,
    checksum: typeof checksum === 'string' ? checksum : null,
    wait_s: typeof wait === 'number' ? wait : 0,
  }));
}

/**
 * One component after the other. An update is sent once and never again: whether it succeeded is told by the version that is
 * read back, by nothing else. The node is held all the while, so that no power action and no reset can come between.
 */
export const updateFirmware: HardwareStepRun = {
  run: async (ctx) => {
    const { index, phase } = ctx.data;
    const update = updates(ctx.step.args)[Number(index ?? 0)];
    if (update === undefined) {
      await refreshCaches(ctx);
      return DONE;
    }
    if (phase === undefined) return prepare(ctx, update);
    if (phase === 'send') return send(ctx, update);
    return follow(ctx, update);
  },
  // The image may have been sent: nobody knows the task, but the version tells.
  resume: async (ctx) => {
    const update = updates(ctx.step.args)[Number(ctx.data.index ?? 0)];
    if (update === undefined || ctx.data.phase !== 'send') return updateFirmware.run(ctx);
    return again(ctx, { ...ctx.data, phase: 'sent', task: null });
  },
  foresee: async ({ firmware }, options, args) => {
    if (firmware === undefined) return [];
    const known = (await firmware.read(options)).map(({ component }) => component);
    return updates(args)
      .filter(({ component }) => !known.includes(component))
      .map(
        ({ component }) => `the server has no firmware component ${component}. It has: ${known.join(', ')}.`,
      );
  },
};

async function prepare(ctx: StepContext, update: Update): Promise<StepOutcome> {
  const before = await versionOf(ctx, update.component);
  if (before === 'silent') throw new StepFailure('The BMC does not answer: nothing was updated.');
  const index = Number(ctx.data.index ?? 0);
  if (update.version !== null && before.version === update.version)
    return again(ctx, { index: index + 1 }, true);
  return again(ctx, { index, phase: 'send', before: before.version, deadline: deadline(ctx) }, true);
}

async function send(ctx: StepContext, update: Update): Promise<StepOutcome> {
  const { component, url, checksum } = update;
  const what = `update the firmware of ${component}`;
  // A BMC that does not fetch the image itself is sent it.
  const timeout_ms = ctx.settings.conductor.hardware_step_timeout * 1000;
  const task = await (await ctx.bmc()).use(what, (connection, options) =>
    capability(connection, 'firmwareUpdater').update(
      { component, url, ...(checksum === null ? {} : { checksum }) },
      { ...options, timeout_ms },
    ),
  );
  const not_before = ctx.now() + update.wait_s * 1000;
  return again(ctx, { ...ctx.data, phase: 'sent', task, known: true, not_before }, task === null);
}

async function follow(ctx: StepContext, update: Update): Promise<StepOutcome> {
  const what = `update the firmware of ${update.component}`;
  const { data } = ctx;
  const task = typeof data.task === 'string' ? data.task : null;
  const ended = ctx.now() >= Number(data.not_before ?? 0) && (await taskEnded(ctx, task, what));
  const found = ended ? await versionOf(ctx, update.component) : 'silent';
  if (found !== 'silent' && succeeded(update, found.version, data.before)) {
    const index = Number(data.index ?? 0) + 1;
    return again(ctx, { index }, true);
  }
  const version = found === 'silent' ? 'not readable' : (found.version ?? 'not told');
  refuseLate(
    ctx,
    what,
    `the version read back is ${version}${update.version === null ? ', as before' : `, not ${update.version}`}.`,
  );
  // The BMC is done, and the part still runs what it ran: most take the new image on with a boot.
  const needs_boot = found !== 'silent' && data.known === true && data.booted !== true;
  if (needs_boot && update.component !== 'bmc') return rebootFor(ctx, { ...data, booted: true });
  return again(ctx, data);
}

function succeeded(update: Update, found: string | null, before: unknown): boolean {
  if (found === null) return false;
  return update.version === null ? found !== before : found === update.version;
}

async function versionOf(
  ctx: StepContext,
  component: string,
): Promise<{ version: string | null } | 'silent'> {
  return whileSilent(ctx, 'read the firmware', async (connection, options) => {
    const parts = await capability(connection, 'firmware').read(options);
    return { version: parts.find((part) => part.component === component)?.current_version ?? null };
  });
}
