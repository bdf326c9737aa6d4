import type { PowerState } from '../../lifecycle/power.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { isStable, type ProvisionState } from '../../lifecycle/states.ts';
import { type Bmc, openBmc } from '../bmc.ts';
import { jobQueue } from '../bus/bus.ts';
import { type Modes, readModes } from '../caches.ts';
import { managesHardware } from '../interfaces.ts';
import { tellPower } from '../neighbours/neighbours.ts';
import { StepFailure } from '../step.ts';
import { eachOf } from './each-of.ts';
import { ownNodes } from './own-nodes.ts';
import type { Periodic, PeriodicContext } from './periodic.ts';

/** States whose power the synchronisation leaves alone. */
const SKIPPED: readonly ProvisionState[] = ['wait call-back', 'clean wait', 'enroll', 'adopt failed'];

const FIELDS = [
  'provision_state',
  'power_state',
  'reservation',
  'target_power_state',
  'maintenance',
] as const;
/** Pause before a power state that differs from the recorded one is read again. */
const CONFIRM_MS = 500;

/**
 * Compares the power state of every node with its BMC's, as Ironic does: what differs is driven back to the recorded
 * state, or recorded, as `force_power_state_during_sync` says; a BMC that cannot be read, or that does not obey, more than
 * `power_state_sync_max_retries` times puts the node in maintenance with the fault `power failure`. A state that differs is
 * believed only when it is read twice: BMCs lie for a moment, and some flap.
 */
export const powerSync: Periodic = {
  name: 'power-sync',
  interval_s: ({ settings }) => settings.conductor.sync_power_state_interval,
  start: (ctx) => {
    /** Failed tries by node; a node that is well again is forgotten. */
    const tries = new Map<string, number>();
    return () =>
      eachOf(
        ownNodes(ctx, { maintenance: false, target_power_state: null, reservation: null }, FIELDS),
        ctx.settings.conductor.sync_power_state_workers,
        async ({ uuid, provision_state, power_state }) => {
          if (SKIPPED.includes(provision_state) || (await takesFirmware(ctx, uuid, provision_state)))
            tries.delete(uuid);
          else
            await syncNode(ctx, uuid, power_state, tries).catch((error: unknown) => {
              ctx.log.warn({ node: uuid, err: error }, 'the power synchronisation of a node failed');
            });
        },
        ctx.clock,
      );
  },
};

/**
 * Whether the node's firmware is being written while nobody holds the node: a step that writes it waits. Work that runs holds
 * the node, and is passed over for that.
 */
async function takesFirmware(ctx: PeriodicContext, uuid: string, state: ProvisionState): Promise<boolean> {
  if (isStable(state)) return false;
  const where = { node_uuid: uuid, state: 'waiting' as const };
  const [job] = await ctx.store.jobs.list({ where, limit: 1 });
  const step = job?.steps?.[job.step_index];
  return step !== undefined && (step.interface === 'firmware' || step.step === 'update_firmware');
}

async function syncNode(
  ctx: PeriodicContext,
  uuid: string,
  recorded: NodeRecord['power_state'],
  tries: Map<string, number>,
): Promise<void> {
  const reading = await readTwiceIfOther(ctx, uuid, recorded);
  const node = await ctx.store.nodes.get(uuid);
  // The read took its time: what changed meanwhile is not judged by it.
  if (node === null || node.reservation !== null || node.maintenance || node.target_power_state !== null)
    return;
  const { force_power_state_during_sync, power_state_sync_max_retries, node_history } =
    ctx.settings.conductor;
  await recordSeen(ctx, node, reading.seen);
  const unknown = node.power_state === null || node.power_state === 'error';
  if (reading.state !== null && (reading.state === node.power_state || unknown)) {
    tries.delete(uuid);
    const changes = {
      ...(unknown ? { power_state: reading.state } : {}),
      ...(node_history && node.last_error !== null ? { last_error: null } : {}),
    };
    if (Object.keys(changes).length > 0) await write(ctx, node, changes);
    return;
  }
  if (reading.state !== null && !force_power_state_during_sync) {
    tries.delete(uuid);
    if (await write(ctx, node, { power_state: reading.state }))
      tellCorrected(ctx, node, { ...node, power_state: reading.state });
    ctx.log.info({ node: uuid, power_state: reading.state }, 'recorded a power state that changed by itself');
    return;
  }
  const count = (tries.get(uuid) ?? 0) + 1;
  tries.set(uuid, count);
  if (count > power_state_sync_max_retries) {
    tries.delete(uuid);
    await giveUp(ctx, node, reading, power_state_sync_max_retries);
    return;
  }
  if (reading.state === null) {
    ctx.log.warn({ node: uuid, tries: count }, reading.why);
    return;
  }
  if (node.power_state === 'power off' && node.disable_power_off) {
    await write(ctx, node, { power_state: reading.state });
    return;
  }
  if (node.power_state === 'power on' || node.power_state === 'power off')
    await correct(ctx, node, node.power_state).catch((error: unknown) => {
      if (!(error instanceof Overtaken)) throw error;
    });
}

/** Reads the power state; one that is not the recorded one is read again, and the second reading counts. */
async function readTwiceIfOther(
  ctx: PeriodicContext,
  uuid: string,
  recorded: NodeRecord['power_state'],
): Promise<PowerReading> {
  const first = await readPower(ctx, uuid);
  const other = first.state !== null && (recorded === 'power on' || recorded === 'power off');
  if (!other || first.state === recorded) return first;
  await ctx.clock.sleep(CONFIRM_MS, ctx.signal);
  const second = await readPower(ctx, uuid);
  if (second.state === recorded)
    ctx.log.warn(
      { node: uuid, power_state: first.state },
      'the BMC told another power state once: left alone',
    );
  return second;
}

/** Thrown to roll back: the node changed, the next pass judges it anew. */
class Overtaken extends Error {}

/** Queues the power action that brings the hardware back to the recorded state. */
async function correct(
  ctx: PeriodicContext,
  node: NodeRecord,
  target: 'power on' | 'power off',
): Promise<void> {
  ctx.log.warn({ node: node.uuid, target }, 'the power state differs from the recorded one: correcting it');
  const job_id = await ctx.store.transaction(async (tables) => {
    const job = await tables.jobs.insert({
      kind: 'power',
      node_uuid: node.uuid,
      conductor_group: node.conductor_group,
      exclusive: true,
      args: { target, timeout_s: null, reason: 'power-sync' },
    });
    const held = { reservation: ctx.hostname, reservation_job_id: job.id, target_power_state: target };
    if ((await tables.nodes.update(node.uuid, held, guard(node))) === null) throw new Overtaken();
    return job.id;
  });
  ctx.notifier?.nodeChanged(node, { ...node, target_power_state: target });
  await ctx.bus.send(jobQueue(node.conductor_group), { job_id });
}

async function giveUp(
  ctx: PeriodicContext,
  node: NodeRecord,
  reading: PowerReading,
  max_retries: number,
): Promise<void> {
  const why =
    reading.state === null
      ? `During sync_power_state, max retries ${max_retries} reached: the power state of node ${node.uuid} could not be read. ${reading.why}`
      : `During sync_power_state, max retries ${max_retries} reached: node ${node.uuid} stays "${reading.state}" although "${node.power_state}" is recorded. Check its power supply and its BMC.`;
  const given_up = await ctx.store.transaction(async (tables) => {
    const written = await tables.nodes.update(
      node.uuid,
      {
        power_state: reading.state,
        maintenance: true,
        maintenance_reason: why,
        fault: 'power failure',
        last_error: why,
      },
      guard(node),
    );
    if (written === null || !ctx.settings.conductor.node_history) return written;
    await tables.history.add({
      node_uuid: node.uuid,
      severity: 'ERROR',
      event: why,
      event_type: 'monitoring',
      conductor: ctx.hostname,
      state: node.provision_state,
      target_provision_state: node.target_provision_state,
    });
    return written;
  });
  if (given_up !== null) tellCorrected(ctx, node, given_up);
  ctx.log.error({ node: node.uuid }, why);
}

function tellCorrected(ctx: PeriodicContext, before: NodeRecord, after: NodeRecord): void {
  tellPower(ctx.neighbours, before, after);
  ctx.notifier?.powerCorrected(after, before.power_state);
}

function guard(node: NodeRecord) {
  return { reservation: null, maintenance: false, target_power_state: null, power_state: node.power_state };
}

/** False: the node changed meanwhile. */
async function write(ctx: PeriodicContext, node: NodeRecord, changes: Partial<NodeRecord>): Promise<boolean> {
  return (await ctx.store.nodes.update(node.uuid, changes, guard(node))) !== null;
}

/** A power state read for the sake of reading: null with the reason when it could not be read. */
export type PowerReading = { seen: Seen } & (
  | { state: Exclude<PowerState, 'error'>; why: null }
  | { state: null; why: string }
);

/** What the hardware told besides; absent: it was not asked, or did not answer. */
type Seen = Partial<Modes & Pick<NodeRecord, 'health'>>;

/** Reads the power state from the BMC of a node, without its lock, and what else the node shows of its hardware. */
export async function readPower(ctx: PeriodicContext, uuid: string): Promise<PowerReading> {
  const node = await ctx.store.nodes.get(uuid);
  if (node === null) return { state: null, why: 'The node is gone.', seen: {} };
  try {
    await using bmc = await openBmc({
      node,
      drivers: ctx.drivers,
      settings: ctx.settings,
      clock: ctx.clock,
      lease: { check: () => ctx.signal.throwIfAborted(), signal: ctx.signal },
      log: ctx.log,
      observer: ctx.observer,
      gates: ctx.gates,
    });
    return { state: await bmc.powerState(), why: null, seen: await look(ctx, node, bmc) };
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (error instanceof StepFailure) return { state: null, why: error.message, seen: {} };
    throw error;
  }
}

/** Hardware whose power state could be read is not at fault for the rest: what fails here is only told to the log. */
async function look(ctx: PeriodicContext, node: NodeRecord, bmc: Bmc): Promise<Seen> {
  const seen: Seen = {};
  try {
    Object.assign(seen, await readModes(bmc, node));
    if (!ctx.settings.conductor.enable_health_monitoring || !managesHardware(node)) return seen;
    const health = await bmc.use('read the health', async (connection, options) =>
      connection.health?.read(options),
    );
    if (health !== undefined) seen.health = health;
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    ctx.log.warn({ node: node.uuid, why: error.message }, 'what is kept of the hardware was not refreshed');
  }
  return seen;
}

/** Writes what differs from the record; a change of the health goes into the history too. */
async function recordSeen(ctx: PeriodicContext, node: NodeRecord, seen: Seen): Promise<void> {
  const names = Object.keys(seen) as (keyof Seen)[];
  const differing = names.filter((name) => seen[name] !== node[name]);
  if (differing.length === 0) return;
  const changes: Partial<NodeRecord> = Object.fromEntries(differing.map((name) => [name, seen[name]]));
  await ctx.store.transaction(async (tables) => {
    const written = await tables.nodes.update(node.uuid, changes, guard(node));
    if (written === null || !differing.includes('health') || !ctx.settings.conductor.node_history) return;
    await tables.history.add({
      node_uuid: node.uuid,
      severity: 'INFO',
      event: `Node health status changed: health='${seen.health ?? 'None'}' (previously '${node.health ?? 'None'}')`,
      event_type: 'monitoring',
      conductor: ctx.hostname,
      state: node.provision_state,
      target_provision_state: node.target_provision_state,
    });
  });
}
