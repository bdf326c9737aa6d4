import type { BootMode, CallOptions, Connection } from '../../drivers/contract.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { VIRTUAL_MEDIA_DEVICES, type VirtualMediaDevice } from '../../lifecycle/virtual-media.ts';
import { announced, consoleOf } from '../console.ts';
import { managesHardware } from '../interfaces.ts';
import { DONE, findIn, type NodeChanges, type StepContext, type StepDefinition, type Work } from '../step.ts';
import { lacks } from './lacks.ts';

type Do = (options: CallOptions) => Promise<void>;

/** A change by one capability. All of them may be repeated: each says what is to be, not what is to change. */
function change(facts: {
  /** For the operator: `Failed to <what>: …`. */
  what: (args: JsonObject) => string;
  /** What the hardware does; undefined where it cannot. */
  how: (connection: Connection, args: JsonObject, ctx: StepContext) => Do | undefined;
  /** Name of what is missing then. */
  extension: string;
  /** What the node shows afterwards. */
  shows?: (args: JsonObject) => NodeChanges;
  /** True: notifications tell of it. */
  console?: boolean;
}): StepDefinition {
  return {
    survives: 'repeat',
    run: async (ctx) => {
      const { args } = ctx.step;
      const what = facts.what(args);
      if (ctx.step.interface === 'management' && !managesHardware(ctx.node))
        throw lacks(ctx, facts.extension, what);
      const act = async (connection: Connection, options: CallOptions) => {
        const how = facts.how(connection, args, ctx);
        if (how === undefined) throw lacks(ctx, facts.extension, what);
        await how(options);
      };
      if (facts.console) await announced(ctx, 'console_set', what, act);
      else await (await ctx.bmc()).use(what, act);
      ctx.change(facts.shows?.(args) ?? {});
      return DONE;
    },
  };
}

const STEPS: Readonly<Record<string, StepDefinition>> = {
  'management.set_boot_mode': change({
    what: ({ target }) => `change boot mode to '${String(target)}'`,
    how: ({ bootMode }, { target }) => bootMode && ((options) => bootMode.set(target as BootMode, options)),
    extension: 'set_boot_mode',
    shows: ({ target }) => ({ boot_mode: target as BootMode }),
  }),
  'management.set_secure_boot_state': change({
    what: ({ target }) => `change secure_boot state to '${target === true ? 'True' : 'False'}'`,
    how: ({ secureBoot }, { target }) =>
      secureBoot && ((options) => secureBoot.set(target === true, options)),
    extension: 'set_secure_boot_state',
    shows: ({ target }) => ({ secure_boot: target === true }),
  }),
  'console.start_console': change({
    what: () => 'enable the console',
    how: (connection, _args, ctx) => {
      const console = consoleOf(ctx, connection);
      return console && ((options) => console.start(options));
    },
    extension: 'console',
    shows: () => ({ console_enabled: true }),
    console: true,
  }),
  'console.stop_console': change({
    what: () => 'disable the console',
    how: (connection, _args, ctx) => {
      const console = consoleOf(ctx, connection);
      return console && ((options) => console.stop(options));
    },
    extension: 'console',
    shows: () => ({ console_enabled: false }),
    console: true,
  }),
  'management.attach_virtual_media': change({
    what: ({ device_type }) => `attach device ${String(device_type)}`,
    how: ({ virtualMedia }, { device_type, image_url }) =>
      virtualMedia &&
      ((options) => virtualMedia.attach(device_type as VirtualMediaDevice, String(image_url), options)),
    extension: 'attach_virtual_media',
  }),
  'management.detach_virtual_media': change({
    what: ({ device_types }) => `detach device(s) ${devicesOf(device_types).join(', ')}`,
    how: ({ virtualMedia }, { device_types }) =>
      virtualMedia &&
      ((options) => virtualMedia.detach(device_types === null ? null : devicesOf(device_types), options)),
    extension: 'detach_virtual_media',
  }),
};

function devicesOf(value: unknown): VirtualMediaDevice[] {
  return VIRTUAL_MEDIA_DEVICES.filter((device) => !Array.isArray(value) || value.includes(device));
}

/** Changes of the hardware on request: the plan, one step, comes with the job. */
export const hardwareWork: Work = {
  plan: async () => [],
  find: findIn(STEPS),
  finish: () => ({ events: [], changes: {} }),
  fail: () => ({ events: [], changes: {} }),
};
