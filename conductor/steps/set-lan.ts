import type { LanSettings } from '../../drivers/contract.ts';
import type { StepOutcome } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { DONE, type StepContext, StepFailure } from '../step.ts';
import { again, deadline, whileSilent } from './bmc-task.ts';
import { capability } from './capability.ts';
import type { HardwareStepRun } from './hardware-step-run.ts';
import { prove, withAddress } from './way-in.ts';

/**
 * Gives the BMC another address on the network where it is. The new address is seen to be free, set, proved to lead to the
 * same BMC, and only then written to driver_info. Another netmask, gateway or VLAN is refused: what cannot be reached from
 * here could not be set back either.
 */
export const setLan: HardwareStepRun = {
  run: async (ctx) => {
    const { phase } = ctx.data;
    if (phase === undefined) return start(ctx);
    return phase === 'set' ? set(ctx) : proveAddress(ctx);
  },
  // It may have been set: look before it is set again.
  resume: async (ctx) =>
    ctx.data.phase === 'set' ? again(ctx, { ...ctx.data, phase: 'prove' }, true) : setLan.run(ctx),
  foresee: async ({ lan }, options, args) =>
    lan === undefined ? [] : lanProblems(args, await lan.get(options)),
};

/** How long an address that should be free is listened to. */
const LOOK_MS = 5000;

/** Why the change could cut the way back; empty: it does not. Pure. */
export function lanProblems(args: JsonObject, now: LanSettings): string[] {
  const address = String(args.address);
  return [
    ...(sameNetwork(address, now.address, now.netmask)
      ? []
      : [
          `${address} is on another network than ${now.address} with the netmask ${now.netmask}: it could not be proved.`,
        ]),
    ...(['netmask', 'gateway'] as const)
      .filter((key) => args[key] !== undefined && args[key] !== now[key])
      .map(
        (key) =>
          `the ${key} is ${now[key]}: another one could cut the way to the BMC. Change it from the server itself.`,
      ),
  ];
}

async function start(ctx: StepContext): Promise<StepOutcome> {
  const { args } = ctx.step;
  const address = String(args.address);
  const old = await (await ctx.bmc()).use("read the BMC's network", (connection, options) =>
    capability(connection, 'lan').get(options),
  );
  if (old.address === address && old.source === 'static') return DONE;
  const problems = lanProblems(args, old);
  if (problems.length > 0) throw new StepFailure(`The address was not changed: ${problems.join(' ')}`);
  if (old.address !== address) {
    const within_ms = Math.min(LOOK_MS, ctx.settings.conductor.hardware_step_poll_interval * 1000);
    const free = await prove(ctx, withAddress(ctx, address), async () => null, within_ms);
    if (free === null || !['unreachable', 'timeout'].includes(free.code))
      throw new StepFailure(`The address was not changed: something answers at ${address}.`);
  }
  return again(ctx, { phase: 'set', old: { ...old }, address, deadline: deadline(ctx) }, true);
}

async function set(ctx: StepContext): Promise<StepOutcome> {
  const { old, address } = ctx.data as unknown as { old: LanSettings; address: string };
  // The answer may be lost with the address.
  await whileSilent(ctx, `give the BMC the address ${address}`, (connection, options) =>
    capability(connection, 'lan').set(
      { source: 'static', address, netmask: old.netmask, gateway: old.gateway },
      options,
    ),
  );
  return again(ctx, { ...ctx.data, phase: 'prove' }, true);
}

async function proveAddress(ctx: StepContext): Promise<StepOutcome> {
  const { old, address } = ctx.data as unknown as { old: LanSettings; address: string };
  const driver_info = withAddress(ctx, address);
  const unproved = await prove(ctx, driver_info, async (connection, options) => {
    const { mac } = await capability(connection, 'lan').get(options);
    return mac === old.mac ? null : `another BMC answers at ${address}.`;
  });
  if (unproved === null) {
    ctx.change({ driver_info });
    return DONE;
  }
  if (ctx.now() <= Number(ctx.data.deadline)) return again(ctx, ctx.data);
  const { source, netmask, gateway } = old;
  const back = await whileSilent(ctx, "set the BMC's network back", (connection, options) =>
    capability(connection, 'lan').set({ source, address: old.address, netmask, gateway }, options),
  );
  if (back !== 'silent')
    throw new StepFailure(
      `The new address ${address} could not be proved, and was taken back: ${unproved.why}`,
    );
  // It answers at neither: nothing is known, and so nothing is given up yet.
  const limit_ms = ctx.settings.conductor.hardware_step_timeout * 1000;
  if (ctx.now() <= Number(ctx.data.deadline) + limit_ms) return again(ctx, ctx.data);
  throw new StepFailure(
    `The BMC answers neither at ${old.address} nor at ${address}: look at it, and write the address where it is to driver_info.`,
  );
}

function sameNetwork(a: string, b: string, netmask: string): boolean {
  const mask = numberOf(netmask);
  return (numberOf(a) & mask) === (numberOf(b) & mask);
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => (sum << 8) | Number(part), 0);
}
