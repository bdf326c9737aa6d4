import type { BmcTask, CallOptions, Connection, RaidController, RaidLevel } from '../../drivers/contract.ts';
import type { StepOutcome } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { type PlannedVolume, planRaid, wantedDisks } from '../../lifecycle/raid-plan.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { DONE, type StepContext, StepFailure } from '../step.ts';
import { again, deadline, lookAtTask, rebootFor, refuseLate, whileSilent } from './bmc-task.ts';
import { capability } from './capability.ts';
import type { HardwareStepRun } from './hardware-step-run.ts';

/** Makes the volumes of target_raid_config, or of the argument raid_config, which becomes it. */
export const createRaid: HardwareStepRun = {
  run: (ctx) => build(ctx),
  resume: (ctx) => inDoubt(ctx, (again_ctx) => build(again_ctx)),
  foresee: async (connection, options, args, node) => {
    const disks = disksOf(args, node);
    if (disks.length === 0) return ['there are no logical disks to make: set target_raid_config first.'];
    if (connection.raid === undefined) {
      const found = connection.raidProfiles?.find(disks);
      return found !== undefined && 'problem' in found ? [found.problem] : [];
    }
    const controllers = await connection.raid.read(options);
    const plan = planRaid(disks, args.delete_existing === true ? emptied(controllers) : controllers);
    return 'problems' in plan ? plan.problems : [];
  },
};

export const deleteRaid: HardwareStepRun = {
  run: (ctx) => build(ctx, { only_delete: true }),
  resume: (ctx) => inDoubt(ctx, (again_ctx) => build(again_ctx, { only_delete: true })),
};

/** After a crash the BMC may be at work on what nobody remembers: until its time is over, a refusal says nothing. */
async function inDoubt(
  ctx: StepContext,
  run: (ctx: StepContext) => Promise<StepOutcome>,
): Promise<StepOutcome> {
  return ctx.data.phase === undefined ? run(ctx) : again(ctx, { ...ctx.data, doubt: true });
}

function disksOf(args: JsonObject, node: NodeRecord): JsonObject[] {
  const config = (args.raid_config ?? node.target_raid_config) as JsonObject;
  return wantedDisks(config, {
    root: args.create_root_volume !== false,
    nonroot: args.create_nonroot_volumes !== false,
  });
}

function emptied(controllers: readonly RaidController[]): RaidController[] {
  return controllers.map((controller) => ({ ...controller, volumes: [] }));
}

/**
 * One change of one volume per visit. The plan is made once, from what was there first, and written down; after a crash the
 * volumes that are there already are told by their drives.
 */
async function build(ctx: StepContext, how: { only_delete?: true } = {}): Promise<StepOutcome> {
  const what = how.only_delete ? 'delete the RAID configuration' : 'create the RAID configuration';
  const { data } = ctx;
  if (data.phase === undefined) return start(ctx, what, how.only_delete === true);
  const task = typeof data.task === 'string' ? data.task : null;
  const { ended, needs_boot } = await lookAtTask(ctx, task, what);
  // Some controllers change volumes while the server boots, and at no other time.
  if (needs_boot && data.booted_for !== data.asked)
    return rebootFor(ctx, { ...data, booted_for: data.asked ?? null });
  if (!ended) {
    refuseLate(ctx, what, 'the BMC is still at work on it.');
    return again(ctx, data);
  }
  if (data.phase === 'profile') return finish(ctx, data);
  const controllers = await whileSilent(ctx, 'read the RAID volumes', (connection, options) =>
    capability(connection, 'raid').read(options),
  );
  if (controllers === 'silent') {
    refuseLate(ctx, what, 'the BMC does not answer.');
    return again(ctx, data);
  }
  const before = (data.unwanted ?? []) as { controller: string; id: string }[];
  const unwanted = before.filter(({ controller, id }) =>
    controllers.some((each) => each.id === controller && each.volumes.some((volume) => volume.id === id)),
  );
  // Written down before anything is made: a BMC may give a new volume the name of one that is gone.
  if (unwanted.length < before.length) return again(ctx, { ...data, unwanted }, true);
  const left = unwanted[0];
  const planned = (data.planned ?? []) as unknown as PlannedVolume[];
  const next = left === undefined ? planned.find((volume) => !exists(volume, controllers)) : undefined;
  const doing = left === undefined ? (next === undefined ? null : key(next)) : `delete ${left.id}`;
  if (doing === null) return finish(ctx, data, controllers);
  // Asked for already, and the BMC has said that it is done: the volume shows a little later.
  if (data.asked === doing) {
    refuseLate(ctx, what, `${doing} was asked for, and does not show.`);
    return again(ctx, { ...data, task: null });
  }
  const ask = async () =>
    (await ctx.bmc()).use(what, async (connection, options): Promise<BmcTask> => {
      const raid = capability(connection, 'raid');
      if (left !== undefined) return raid.delete(left, options);
      if (next === undefined) return null;
      const { controller, raid_level, size_gb, drives, name } = next;
      return raid.create({ controller, raid_level: raid_level as RaidLevel, size_gb, drives, name }, options);
    });
  let started: BmcTask;
  try {
    started = await ask();
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (data.doubt !== true || ctx.now() > Number(data.deadline)) throw error;
    return again(ctx, data);
  }
  return again(ctx, { ...data, task: started, asked: doing }, started === null);
}

async function start(ctx: StepContext, what: string, only_delete: boolean): Promise<StepOutcome> {
  const { args } = ctx.step;
  const disks = only_delete ? [] : disksOf(args, ctx.node);
  if (args.raid_config !== undefined) ctx.change({ target_raid_config: args.raid_config as JsonObject });
  const bmc = await ctx.bmc();
  const until = { deadline: deadline(ctx) };
  const profile = await bmc.use(what, (connection, options) => useProfile(connection, options, disks));
  if (profile !== null)
    return again(ctx, { ...until, phase: 'profile', disks, task: profile.task }, profile.task === null);
  const controllers = await bmc.use('read the RAID volumes', (connection, options) =>
    capability(connection, 'raid').read(options),
  );
  const remove = only_delete || args.delete_existing === true;
  const unwanted = remove
    ? controllers.flatMap(({ id: controller, volumes }) => volumes.map(({ id }) => ({ controller, id })))
    : [];
  const plan = planRaid(disks, remove ? emptied(controllers) : controllers);
  if ('problems' in plan) throw new StepFailure(`Failed to ${what}: ${plan.problems.join(' ')}`);
  const planned = plan.volumes.map((volume) => ({ ...volume }));
  return again(ctx, { ...until, phase: 'volumes', unwanted, planned, task: null }, true);
}

/** null: the hardware knows single volumes. */
async function useProfile(
  connection: Connection,
  options: CallOptions,
  disks: readonly JsonObject[],
): Promise<{ task: BmcTask } | null> {
  const { raid, raidProfiles } = connection;
  if (raid !== undefined || raidProfiles === undefined) return null;
  if (disks.length === 0) return { task: await raidProfiles.clear(options) };
  const found = raidProfiles.find(disks);
  if ('problem' in found) throw new StepFailure(`Failed to create the RAID configuration: ${found.problem}`);
  return { task: await raidProfiles.apply(found.profile, options) };
}

function exists(volume: PlannedVolume, controllers: readonly RaidController[]): boolean {
  const wished = [...volume.drives].sort().join();
  const found = controllers
    .find(({ id }) => id === volume.controller)
    ?.volumes.filter(({ raid_level }) => raid_level === null || raid_level === volume.raid_level);
  return found?.some(({ drives }) => [...drives].sort().join() === wished) ?? false;
}

function key({ controller, raid_level, drives }: PlannedVolume): string {
  return `RAID ${raid_level} on ${controller} with ${drives.join(', ')}`;
}

/** What was read back is what the node shows: raid_config is written from the hardware, where it tells. */
function finish(ctx: StepContext, data: JsonObject, controllers?: readonly RaidController[]): StepOutcome {
  const planned = (data.planned ?? []) as unknown as PlannedVolume[];
  const logical_disks: JsonObject[] =
    controllers === undefined
      ? ((data.disks ?? []) as JsonObject[])
      : controllers.flatMap(({ id: controller, volumes }) =>
          volumes.map((volume) => ({
            ...{ controller, id: volume.id, name: volume.name, size_gb: volume.size_gb },
            raid_level: volume.raid_level,
            physical_disks: [...volume.drives],
            is_root_volume: planned.some(
              (each) =>
                each.is_root_volume &&
                exists(each, [{ ...NO_CONTROLLER, id: controller, volumes: [volume] }]),
            ),
          })),
        );
  ctx.change({
    raid_config:
      logical_disks.length === 0 ? {} : { logical_disks, last_updated: new Date(ctx.now()).toISOString() },
  });
  return DONE;
}

const NO_CONTROLLER: Omit<RaidController, 'id' | 'volumes'> = { raid_levels: [], drives: [] };
