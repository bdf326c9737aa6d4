import {
  type CallOptions,
  INDICATOR_STATES,
  type Indicator,
  type IndicatorControl,
} from '../../drivers/contract.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { Json, JsonObject } from '../../lifecycle/json.ts';
import { announced, consoleOf } from '../console.ts';
import { isPresent, managesHardware } from '../interfaces.ts';
import type { StepContext } from '../step.ts';
import { lacks } from './lacks.ts';

type Call = (ctx: StepContext) => Promise<Json>;

/** Lamps, sensors, virtual media and console, for clients that wait for the answer. */
export const HARDWARE_READS: Readonly<Record<string, Call>> = {
  'call.get_supported_indicators': (ctx) =>
    withIndicators(ctx, 'get_supported_indicators', async (control, options) => ({
      indicators: (await control.list(options)).map(({ component, id, readonly, states }) => ({
        ...{ component, id, readonly, states: [...states] },
      })),
    })),
  'call.get_indicator_state': (ctx) =>
    withIndicators(ctx, 'get_indicator_state', async (control, options, args) => ({
      state: await control.get(await lampOf(control, args, options), options),
    })),
  'call.read_sensors': async (ctx) => {
    if (!managesHardware(ctx.node)) throw lacks(ctx, 'sensors');
    const bmc = await ctx.bmc();
    return bmc.use('read the sensors', async ({ sensors, eventLog }, options) => {
      if (sensors === undefined && eventLog === undefined) throw lacks(ctx, 'sensors');
      return {
        sensors: (await sensors?.read(options)) ?? {},
        events: ((await eventLog?.read(options)) ?? []).map((entry) => ({ ...entry })),
      };
    });
  },
  'call.get_virtual_media': async (ctx) => {
    if (!managesHardware(ctx.node)) throw lacks(ctx, 'get_virtual_media');
    const bmc = await ctx.bmc();
    return bmc.use('read the virtual media', async ({ virtualMedia }, options) => {
      if (virtualMedia === undefined) throw lacks(ctx, 'get_virtual_media');
      return (await virtualMedia.list(options)).map(({ media_types, inserted, image }) => ({
        ...{ media_types: [...media_types], inserted, image },
      }));
    });
  },
  'call.get_console': async (ctx) => {
    if (!ctx.node.console_enabled) return null;
    if (!isPresent(ctx.node.console_interface)) throw lacks(ctx, 'console');
    const bmc = await ctx.bmc();
    const info = await bmc.use('read the console', async (connection, options) => {
      const console = consoleOf(ctx, connection);
      if (console === undefined) throw lacks(ctx, 'console');
      return console.info(options);
    });
    if (info !== null) return { ...info };
    // It was enabled, and ended with the conductor that had it.
    return announced(ctx, 'console_restore', 'start the console', async (connection, options) => {
      const console = consoleOf(ctx, connection);
      await console?.start(options);
      const started = (await console?.info(options)) ?? null;
      return started === null ? null : { ...started };
    });
  },
};

/** Those of them that change the hardware; setting twice does no harm. */
export const HARDWARE_CHANGES: Readonly<Record<string, Call>> = {
  'call.set_indicator_state': (ctx) =>
    withIndicators(ctx, 'set_indicator_state', async (control, options, args) => {
      const lamp = await lampOf(control, args, options);
      const state = INDICATOR_STATES.find((known) => known === args.state);
      if (lamp.readonly || state === undefined || state === 'unknown' || !lamp.states.includes(state))
        throw serviceError('InvalidParameterValue', {
          why: lamp.readonly
            ? `Indicator ${lamp.id} of component ${lamp.component} is read-only.`
            : `Invalid indicator state ${String(args.state)}. Supported: ${lamp.states.join(', ')}.`,
        });
      await control.set(lamp, state, options);
      return null;
    }),
};

async function withIndicators(
  ctx: StepContext,
  extension: string,
  work: (control: IndicatorControl, options: CallOptions, args: JsonObject) => Promise<Json>,
): Promise<Json> {
  if (!managesHardware(ctx.node)) throw lacks(ctx, extension);
  const bmc = await ctx.bmc();
  return bmc.use('reach the indicators', async ({ indicators }, options) => {
    if (indicators === undefined) throw lacks(ctx, extension);
    return work(indicators, options, (ctx.job.args.args ?? {}) as JsonObject);
  });
}

/** @throws InvalidParameterValue when the server has no such lamp */
async function lampOf(control: IndicatorControl, args: JsonObject, options: CallOptions): Promise<Indicator> {
  const lamps = await control.list(options);
  const lamp = lamps.find(({ component, id }) => component === args.component && id === args.indicator);
  if (lamp !== undefined) return lamp;
  const known = lamps.map(({ component, id }) => `${id}@${component}`).join(', ');
  throw serviceError('InvalidParameterValue', {
    why: `Unknown indicator ${String(args.indicator)} for component ${String(args.component)}. There are: ${known || 'none'}.`,
  });
}
