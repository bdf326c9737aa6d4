import type { AccountControl, AccountRole, CallOptions, Connection } from '../../drivers/contract.ts';
import type { StepOutcome } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { networkOf } from '../network/network.ts';
import { rawBytes } from '../raw-bytes.ts';
import { DONE, type StepContext, StepFailure } from '../step.ts';
import { again, deadline, refuseLate, whileSilent } from './bmc-task.ts';
import { capability } from './capability.ts';
import type { HardwareStepRun } from './hardware-step-run.ts';

/** A step of one call that says what is to be. */
function call(
  what: string,
  act: (connection: Connection, args: JsonObject, options: CallOptions, ctx: StepContext) => Promise<void>,
): HardwareStepRun {
  return {
    run: async (ctx) => {
      await (await ctx.bmc()).use(what, (connection, options) =>
        act(connection, ctx.step.args, options, ctx),
      );
      return DONE;
    },
  };
}

export const setClock = call('set the clock of the BMC', (connection, args, options, ctx) => {
  const { target_datetime } = args;
  const now = typeof target_datetime === 'string' ? Date.parse(target_datetime) : ctx.clock.now();
  return capability(connection, 'clock').set(now, options);
});

/** How far a BMC's clock may be off. */
const CLOCK_TOLERANCE_MS = 60_000;

/** Sets a clock that is wrong, and looks again. Hardware whose clock is not ours to see passes. */
export const verifyClock: HardwareStepRun = {
  run: async (ctx) => {
    await (await ctx.bmc()).use('verify the clock of the BMC', async (connection, options) => {
      const { clock } = connection;
      if (clock === undefined) return;
      const off = async () => Math.abs((await clock.get(options)) - ctx.clock.now());
      if ((await off()) <= CLOCK_TOLERANCE_MS) return;
      await clock.set(ctx.clock.now(), options);
      if ((await off()) > CLOCK_TOLERANCE_MS)
        throw new StepFailure(
          "The BMC's clock is wrong and cannot be set: set it by hand, or give it NTP servers.",
        );
    });
    return DONE;
  },
};

export const secureBootKeysToDefault = call('reset the secure boot keys', (connection, _args, options) =>
  capability(connection, 'secureBootKeys').reset('default', options),
);

export const clearSecureBootKeys = call('clear the secure boot keys', (connection, _args, options) =>
  capability(connection, 'secureBootKeys').reset('none', options),
);

export const setNtp = call('set the NTP servers of the BMC', (connection, { servers }, options) =>
  capability(connection, 'ntp').set(servers as string[], options),
);

const clearJobs = (connection: Connection, options: CallOptions) =>
  capability(connection, 'jobQueue').clear(options);

export const clearJobQueue = call('clear the job queue', (connection, _args, options) =>
  clearJobs(connection, options),
);

export const configureSpeedSelect = call('configure Intel Speed Select', (connection, args, options) =>
  capability(connection, 'speedSelect').configure(
    Number(args.intel_speedselect_config),
    Number(args.socket_count ?? 1),
    options,
  ),
);

/** Binds the tenant's ports anew, for switches that have lost them; the server goes on running. */
export const reattachNetworking: HardwareStepRun = {
  run: async (ctx) => {
    const network = networkOf(ctx);
    await network.unplugTenant(ctx);
    await network.plugTenant(ctx);
    return DONE;
  },
};

export const sendRaw = call('send raw bytes', async (connection, { raw_bytes }, options) => {
  const bytes = rawBytes(String(raw_bytes));
  if (bytes === null) throw new StepFailure('raw_bytes must be a text of bytes such as "0x00 0x01".');
  await capability(connection, 'raw').send(bytes, options);
});

type Account = { password?: string; role?: AccountRole; enabled?: boolean; absent?: boolean };

/**
 * Makes, changes and deletes accounts that are not the one that the service logs in with. Which ones are new is written down first: one that a
 * conductor left half made is made, and not taken for one that somebody disabled.
 */
export const setAccounts: HardwareStepRun = {
  run: async (ctx): Promise<StepOutcome> => {
    const wishes = Object.entries((ctx.step.args.accounts ?? {}) as Record<string, Account>);
    const bmc = await ctx.bmc();
    const { made } = ctx.data;
    if (!Array.isArray(made)) {
      const known = await bmc.use('read the accounts of the BMC', (connection, options) =>
        capability(connection, 'accounts').list(options),
      );
      const is_known = (name: string) => known.some((account) => account.name === name);
      const missing = wishes.filter(([name, { absent }]) => absent !== true && !is_known(name));
      return again(ctx, { made: missing.map(([name]) => name) }, true);
    }
    await bmc.use('set the accounts of the BMC', async (connection, options) => {
      const control = capability(connection, 'accounts');
      for (const [name, wished] of wishes)
        await setAccount(control, options, { name, ...wished, is_new: made.includes(name) });
    });
    return DONE;
  },
  foresee: async ({ accounts }, options, args) => {
    if (accounts === undefined) return [];
    const known = await accounts.list(options);
    const most_bytes = await accounts.maxPasswordBytes(options);
    const wished = Object.entries((args.accounts ?? {}) as Record<string, Account>);
    return wished.flatMap(([name, { password, absent }]) => {
      const found = known.find((account) => account.name === name);
      if (found?.self === true) return [`${name} is the account that the service logs in with.`];
      if (password === undefined && found === undefined && absent !== true)
        return [`the new account ${name} needs a password.`];
      const bytes = Buffer.byteLength(password ?? '');
      return bytes > most_bytes
        ? [`the BMC takes passwords of ${most_bytes} bytes, and that of ${name} has ${bytes}.`]
        : [];
    });
  },
};

async function setAccount(
  control: AccountControl,
  options: CallOptions,
  { name, password, role, enabled, absent, is_new }: Account & { name: string; is_new: boolean },
): Promise<void> {
  const found = (await control.list(options)).find((account) => account.name === name);
  if (found?.self === true)
    throw new StepFailure(
      `${name} is the account that the service logs in with: change it with management.set_bmc_credentials.`,
    );
  if (absent === true) {
    if (found !== undefined) await control.delete(found.id, options);
  } else if (found === undefined || is_new) {
    if (password === undefined) throw new StepFailure(`The new account ${name} needs a password.`);
    const id = await control.create({ name, password, role: role ?? 'read-only' }, options);
    if (enabled === false) await control.change(id, { enabled }, options);
  } else {
    const change = {
      ...(password === undefined ? {} : { password }),
      ...(role === undefined ? {} : { role }),
      ...(enabled === undefined ? {} : { enabled }),
    };
    await control.change(found.id, change, options);
  }
}

/**
 * Restarts the BMC and waits until it answers. Steps before it have ended, so nothing that it does can be cut off: where it is not known whether it
 * was restarted, it is restarted again.
 */
export const resetBmc: HardwareStepRun = {
  run: async (ctx): Promise<StepOutcome> => {
    const what = 'restart the BMC';
    if (ctx.data.phase === undefined) return again(ctx, { phase: 'reset', deadline: deadline(ctx) }, true);
    if (ctx.data.phase === 'reset') {
      const kind = ctx.step.args.kind === 'cold' ? 'cold' : 'warm';
      await whileSilent(ctx, what, (connection, options) =>
        capability(connection, 'bmc').reset(kind, options),
      );
      return again(ctx, { ...ctx.data, phase: 'wait' });
    }
    const power = await whileSilent(ctx, 'read the power state', ({ power }, options) => power.get(options));
    if (power !== 'silent') return DONE;
    refuseLate(ctx, what, 'it does not answer.');
    return again(ctx, ctx.data);
  },
};

/** As `resetBmc`, and then the jobs of before are forgotten. */
export const knownGoodState: HardwareStepRun = {
  run: async (ctx): Promise<StepOutcome> => {
    const outcome = await resetBmc.run(ctx);
    if (outcome !== DONE) return outcome;
    await (await ctx.bmc()).use('clear the job queue', clearJobs);
    return DONE;
  },
};
