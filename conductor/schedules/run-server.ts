import type { Tables } from '../../db/store.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import { ServiceError, serviceError } from '../../lifecycle/errors.ts';
import type { PowerTarget } from '../../lifecycle/power.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import {
  nextStop,
  type RunState,
  type ScheduleRecord,
  type ScheduleRunRecord,
  tighter,
} from '../../lifecycle/schedules.ts';
import type { ServerRecord } from '../../lifecycle/server-record.ts';
import { isProviders } from '../../lifecycle/tools.ts';
import { openBmc } from '../bmc.ts';
import type { Lease } from '../lease.ts';
import type { OrderDeps } from '../orders/build.ts';
import { power } from '../requests/power.ts';
import { provision } from '../requests/provision.ts';
import type { Also } from '../requests/reserve.ts';
import { StepFailure } from '../step.ts';
import { enterMaintenance, leaveMaintenance } from './maintenance.ts';

/** What the runs of a schedule work with. */
export interface SchedulePass {
  deps: OrderDeps;
  schedule: ScheduleRecord;
  lease: Lease;
}

/** Refusals that pass by themselves. */
const LATER: readonly string[] = ['NodeLocked', 'ServiceUnavailable', 'NoFreeConductorWorker', 'Conflict'];

/** Carries the run of one server on. Resolves with whether it is the server's turn. */
export async function carryOn(
  pass: SchedulePass,
  run: ScheduleRunRecord,
  node: NodeRecord | null,
  server: ServerRecord | null,
): Promise<boolean> {
  const { deps, schedule } = pass;
  if (node === null || server === null) {
    await finish(pass, run, 'failed', 'The server is gone.');
    return false;
  }
  try {
    if (run.state === 'waiting') return await begin(pass, run, node, server);
    await STEPS[run.state]?.(pass, run, node);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (!LATER.includes(error.code)) await giveUp(pass, run, node, error.message);
    else
      deps.log.info(
        { schedule: schedule.uuid, node: node.uuid, why: error.message },
        'a schedule waits for a server',
      );
  }
  return true;
}

/** What is done in each state that counts for the limits. */
const STEPS: Partial<
  Record<RunState, (pass: SchedulePass, run: ScheduleRunRecord, node: NodeRecord) => Promise<void>>
> = {
  claimed: stop,
  stopping: stopped,
  working: worked,
  restoring: restored,
};

/** Waits for the server's turn. */
async function begin(
  pass: SchedulePass,
  run: ScheduleRunRecord,
  node: NodeRecord,
  server: ServerRecord,
): Promise<boolean> {
  const { deps, schedule } = pass;
  const { store } = deps;
  if (schedule.cancelled_at !== null) {
    await finish(pass, run, 'cancelled', null);
    return false;
  }
  const lost = lostTo(schedule, server);
  if (lost !== null) {
    await finish(pass, run, 'failed', lost);
    return false;
  }
  const why = whyNot(schedule, node, server);
  if ((await store.now()) >= run.window_end) {
    await finish(pass, run, 'missed', why ?? 'The limits let no more servers have their turn in the window.');
    return false;
  }
  if (why !== null) return false;
  const { max_per_rack, max_per_project } = deps.settings.schedules;
  const { limits } = schedule;
  const most = {
    at_once: limits.at_once,
    per_rack: tighter(limits.per_rack, max_per_rack),
    per_project: tighter(limits.per_project, max_per_project),
  };
  if (!(await store.schedule_runs.hasRoom(run, most))) return false;
  const claimed = await store.transaction(async (tables) => {
    if (!(await tables.schedule_runs.claim(run, most))) return null;
    const entered = await enterMaintenance(tables, schedule, run, server);
    return tables.schedule_runs.update(run.uuid, { entered, was_on: node.power_state === 'power on' });
  });
  if (claimed === null) return false;
  await stop(pass, claimed, node);
  return true;
}

/** Why it is nobody's turn now; null: it is. */
function whyNot(schedule: ScheduleRecord, node: NodeRecord, server: ServerRecord): string | null {
  if (node.reservation !== null) return 'Other work had the server all the time.';
  if (schedule.side === 'customer' && isProviders({ ...server, busy: false }))
    return 'The provider maintained the server all the time.';
  if (schedule.work.kind === 'steps' && verbFor(node) === null)
    return `The server was in provision state "${node.provision_state}": the work needs "active", or "manageable".`;
  return null;
}

/** Why a customer's work is no longer the customer's to do. */
function lostTo({ side, project }: ScheduleRecord, { lessee, owner, stage }: ServerRecord): string | null {
  if (stage === 'disposed') return 'The server was disposed of.';
  if (side === 'provider' || lessee === project || owner === project) return null;
  return 'The server is no longer the project’s.';
}

const verbFor = ({ provision_state }: NodeRecord): 'service' | 'clean' | null =>
  provision_state === 'active' ? 'service' : provision_state === 'manageable' ? 'clean' : null;

/** Brings the operating system to its end, where that is asked for, and begins the work. */
async function stop(pass: SchedulePass, run: ScheduleRunRecord, node: NodeRecord): Promise<void> {
  const { deps, schedule } = pass;
  const { os_off } = schedule;
  const now = await deps.store.now();
  if (os_off === null) return await work(pass, run, node);
  if (now >= run.window_end) return await tooLate(pass, run, node);
  const state = await readPower(pass, node);
  if (state === 'power off') return await work(pass, run, node);
  const next = nextStop(os_off, run, now);
  if (next === 'wait') return;
  if (next === 'give up')
    return await finish(pass, run, 'failed', 'The operating system was not ended in time.');
  await switchPower(pass, run, node, next === 'soft' ? 'soft power off' : 'power off', {
    ...{ timeout_s: next === 'soft' ? os_off.soft_s : null, state: 'stopping', how: next },
  });
}

/** Looks whether the server has stopped; if not, it is stopped the hard way, or left alone. */
async function stopped(pass: SchedulePass, run: ScheduleRunRecord, node: NodeRecord): Promise<void> {
  const { deps, schedule } = pass;
  const over = await jobOver(pass, run);
  if (over === null || schedule.os_off === null) return;
  if (over.well && node.power_state === 'power off') return await work(pass, run, node);
  const now = await deps.store.now();
  if (nextStop(schedule.os_off, run, now) === 'hard' && now < run.window_end)
    return await switchPower(pass, run, node, 'power off', {
      timeout_s: null,
      state: 'stopping',
      how: 'hard',
    });
  await finish(pass, run, 'failed', over.why ?? 'The server could not be stopped.');
}

/** Begins the work, once and within the window: what says so is written with the job. */
async function work(pass: SchedulePass, run: ScheduleRunRecord, node: NodeRecord): Promise<void> {
  const { deps, schedule } = pass;
  const caller = callerOf(schedule);
  const also: Also = async (tables, job_id) => {
    const started_at = await tables.now();
    const begun = { state: 'working', started_at, job_id } as const;
    const fits =
      started_at < run.window_end &&
      (await tables.schedule_runs.update(run.uuid, begun, { state: run.state, job_id: run.job_id })) !== null;
    if (!fits)
      throw serviceError('Conflict', { why: 'The window is over, or the work has begun elsewhere.' });
  };
  if ((await deps.store.now()) >= run.window_end) return await tooLate(pass, run, node);
  if (node.reservation !== null) return;
  const { work: wanted } = schedule;
  if (wanted.kind === 'power') return await power(deps, node, wanted.target, null, caller, also);
  const verb = verbFor(node);
  if (verb === null)
    return await giveUp(pass, run, node, `The server is in provision state "${node.provision_state}".`);
  const { steps, disable_ramdisk } = wanted;
  const origin = { what: schedule.what, schedule: schedule.uuid };
  await provision(deps, node, verb, { [`${verb}_steps`]: steps, disable_ramdisk, origin }, caller, also);
}

async function worked(pass: SchedulePass, run: ScheduleRunRecord, node: NodeRecord): Promise<void> {
  const over = await jobOver(pass, run);
  if (over === null) return;
  if (!over.well) return await finish(pass, run, 'failed', over.why);
  const back = pass.schedule.os_off !== null && run.was_on && node.power_state !== 'power on';
  if (!back) return await finish(pass, run, 'done', null);
  await switchPower(pass, run, node, 'power on', { timeout_s: null, state: 'restoring', how: run.how });
}

async function restored(pass: SchedulePass, run: ScheduleRunRecord): Promise<void> {
  const over = await jobOver(pass, run);
  if (over === null) return;
  if (!over.well) return await finish(pass, run, 'failed', `It was not powered on again: ${over.why}`);
  if (run.started_at === null)
    return await finish(
      pass,
      run,
      'missed',
      run.last_error ?? 'The window ended before the work could begin.',
    );
  await finish(pass, run, 'done', null);
}

/** The window ended before the work began. A server that was stopped for it goes on again. */
const tooLate = (pass: SchedulePass, run: ScheduleRunRecord, node: NodeRecord): Promise<void> =>
  giveUp(pass, run, node, 'The window ended before the work could begin.', 'missed');

async function giveUp(
  pass: SchedulePass,
  run: ScheduleRunRecord,
  node: NodeRecord,
  why: string,
  as: 'failed' | 'missed' = 'failed',
): Promise<void> {
  if (run.state !== 'stopping' || !run.was_on || node.reservation !== null)
    return await finish(pass, run, as, why);
  await pass.deps.store.schedule_runs.update(run.uuid, { last_error: why }, { state: run.state });
  await switchPower(pass, run, node, 'power on', { timeout_s: null, state: 'restoring', how: run.how });
}

/** Begins a power action as the run's next step. @throws ServiceError */
async function switchPower(
  { deps, schedule }: SchedulePass,
  run: ScheduleRunRecord,
  node: NodeRecord,
  target: PowerTarget,
  next: { timeout_s: number | null; state: RunState; how: ScheduleRunRecord['how'] },
): Promise<void> {
  if (node.reservation !== null) return;
  const { timeout_s, state, how } = next;
  await power(deps, node, target, timeout_s, callerOf(schedule), async (tables, job_id) => {
    const guard = { state: run.state, job_id: run.job_id };
    if ((await tables.schedule_runs.update(run.uuid, { state, how, job_id }, guard)) === null)
      throw serviceError('Conflict', { why: 'The run was carried on elsewhere.' });
  });
}

/** How the job that the run waits for ended; null: not yet. */
async function jobOver(
  { deps }: SchedulePass,
  { job_id }: ScheduleRunRecord,
): Promise<{ well: boolean; why: string | null } | null> {
  const job = job_id === null ? null : await deps.store.jobs.get(job_id);
  if (job === null) return { well: false, why: 'What became of the work is no longer known.' };
  if (job.state === 'done') return { well: true, why: null };
  if (job.state !== 'failed' && job.state !== 'cancelled') return null;
  return { well: false, why: job.error?.message ?? `The work was ${job.state}.` };
}

/** The power state as the BMC tells it; null: it does not. */
async function readPower(
  { deps, lease }: SchedulePass,
  node: NodeRecord,
): Promise<'power on' | 'power off' | null> {
  try {
    await using bmc = await openBmc({ ...deps, node, lease, observer: deps.observer, gates: deps.gates });
    return await bmc.powerState();
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    deps.log.info({ node: node.uuid, why: error.message }, 'the power state could not be read');
    return null;
  }
}

async function finish(
  { deps, schedule }: SchedulePass,
  run: ScheduleRunRecord,
  state: 'done' | 'failed' | 'missed' | 'cancelled',
  last_error: string | null,
): Promise<void> {
  const finished_at = await deps.store.now();
  await deps.store.transaction(async (tables: Tables) => {
    const changes = { state, finished_at, last_error };
    const over = await tables.schedule_runs.update(run.uuid, changes, {
      ...{ state: run.state, job_id: run.job_id },
    });
    if (over?.entered === true) await leaveMaintenance(tables, schedule, run);
  });
}

/** Whoever made the schedule, as far as history and audit tell it. */
function callerOf({ user, project, request_id, uuid, side }: ScheduleRecord): Caller {
  return {
    request_id: request_id ?? `schedule-${uuid}`,
    user_id: user,
    project_id: project,
    system_scope: side === 'provider',
    roles: [],
    service_roles: [],
    unrestricted: false,
  };
}
