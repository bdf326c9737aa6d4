import type { ClaimedJob, JobChanges, Tables } from '../db/store.ts';
import { ServiceError } from '../lifecycle/errors.ts';
import type { PlannedStep, StepOutcome } from '../lifecycle/job.ts';
import type { Json } from '../lifecycle/json.ts';
import type { ProvisionEvent } from '../lifecycle/machine.ts';
import { transition } from '../lifecycle/machine.ts';
import type { NodeRecord, StepView } from '../lifecycle/records.ts';
import { explain } from './explain.ts';
import { JobRun } from './job-run.ts';
import { type Lease, LeaseLost } from './lease.ts';
import { fire } from './provision-event.ts';
import {
  type ConductorDeps,
  type Failure,
  type NodeChanges,
  type NodeEnd,
  type StepDefinition,
  stepName,
  type Work,
} from './step.ts';

/** What became of a claimed job. */
export type RunResult =
  /** It ended; `followed`: another job was queued in its place. */
  | { state: 'ended'; followed: boolean }
  | { state: 'waiting' }
  /** It is to be claimed again, this much later. */
  | { state: 'again'; after_ms: number }
  /** The lease was lost, or the job was left for another conductor. */
  | { state: 'left' };

/** Deaths of conductors in one step after which the step is believed to cause them. */
const MAX_CRASHES = 5;
/** How long a job whose node is locked or in maintenance past the job's deadline is put off. */
const BUSY_RETRY_MS = 60_000;
const DATABASE_RETRY_MS = 1000;

/**
 * Runs one claimed job until it ends, waits, or is handed on. The journal has the start and the end of every step;
 * each outcome is one transaction with the node's change, so that another conductor goes on where this one stopped.
 */
export async function runJob(
  deps: ConductorDeps & { works: Readonly<Record<string, Work>> },
  claimed: ClaimedJob,
  lease: Lease,
): Promise<RunResult> {
  const { store, log, clock } = deps;
  await using run = new JobRun(deps, claimed.job, lease);
  const { job } = run;

  /**
   * Writes in one transaction under the claim; waits for a database that is away as long as the lease lasts. A
   * transaction may run twice, so what it learns is kept only once it is committed.
   */
  async function write(
    changes: JobChanges & { run_after_ms?: number; wait_within_ms?: number },
    more: (tables: Tables) => Promise<Learned>,
  ): Promise<void> {
    for (;;) {
      lease.checkHeld();
      try {
        const learned = await store.transaction(async (tables) => {
          if (!(await tables.jobs.update(lease.claim, changes)))
            throw new LeaseLost('The job was taken over.');
          return more(tables);
        });
        if (learned.node !== undefined) run.written(learned.node);
        run.journal_id = learned.journal_id ?? null;
        return;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        log.warn({ job: job.uuid, err: error }, 'the database is away; the outcome of a step waits for it');
        await clock.sleep(DATABASE_RETRY_MS);
      }
    }
  }

  /** Writes the node's pending changes and `changes`, provided that this job still holds the node. */
  async function writeNode(tables: Tables, changes: NodeChanges): Promise<{ node?: NodeRecord }> {
    const all: NodeChanges = { ...run.changes, ...changes };
    if (all.provision_state !== undefined) all.provision_updated_at = run.now();
    if (job.node_uuid === null || Object.keys(all).length === 0) return {};
    const node = await tables.nodes.update(
      job.node_uuid,
      all,
      job.exclusive ? { reservation_job_id: job.id } : {},
    );
    if (node === null) throw new LeaseLost('The node is gone, or its reservation was broken.');
    return { node };
  }

  function startStep(tables: Tables, index: number, step: PlannedStep): Promise<number> {
    return tables.jobs.startStep({
      job_id: job.id,
      step_index: index,
      interface: step.interface,
      step: step.step,
      fencing_token: lease.claim.fencing_token,
      conductor: deps.hostname,
    });
  }

  async function endStep(
    tables: Tables,
    outcome: StepOutcome['outcome'],
    detail: string | null,
  ): Promise<void> {
    if (run.journal_id !== null) await tables.jobs.endStep(run.journal_id, outcome, detail);
  }

  async function end(
    result: { state: 'done'; result: Json } | { state: 'failed' | 'cancelled'; failure: Failure },
    node_end: NodeEnd,
  ): Promise<RunResult> {
    const failure = result.state === 'done' ? null : result.failure;
    const error = failure && { code: failure.code, message: failure.message, status: failure.status };
    const changes: JobChanges =
      result.state === 'done' ? { state: 'done', result: result.result } : { state: result.state, error };
    await write(changes, async (tables) => {
      await endStep(tables, failure === null ? 'done' : 'fail', failure?.message ?? null);
      if (job.node_uuid === null) return {};
      const follow =
        node_end.follow &&
        (await tables.jobs.insert({
          ...node_end.follow,
          node_uuid: job.node_uuid,
          conductor_group: job.conductor_group,
          exclusive: true,
          request_id: job.request_id,
          user: job.user,
          project: job.project,
        }));
      const before = run.node;
      const released = follow
        ? { reservation: deps.hostname, reservation_job_id: follow.id }
        : { reservation: null, reservation_job_id: null };
      const { node: after = before } = await writeNode(tables, {
        ...(node_end.events.length > 0 ? fire(before, node_end.events) : {}),
        ...(run.work.step_field ? { [run.work.step_field]: {} } : {}),
        ...(failure && job.kind !== 'call' ? { last_error: failure.message } : {}),
        ...node_end.changes,
        ...(job.exclusive ? released : {}),
      });
      const text = failure && job.kind !== 'call' ? (after.last_error ?? failure.message) : node_end.note;
      if (text !== undefined && deps.settings.conductor.node_history)
        await tables.history.add({
          node_uuid: job.node_uuid,
          severity: failure === null ? 'INFO' : 'ERROR',
          event: text,
          event_type: EVENT_TYPES[job.kind] ?? 'provisioning',
          conductor: deps.hostname,
          user: job.user,
          project: job.project,
          state: after.provision_state,
          target_provision_state: after.target_provision_state,
          duration_seconds: secondsSince(run.now(), before.provision_updated_at),
        });
      return { node: after };
    });
    log.info({ ...run.facts, state: result.state, provision_state: run.node.provision_state }, 'job ended');
    return { state: 'ended', followed: node_end.follow !== undefined };
  }

  async function fail(failure: Failure): Promise<RunResult> {
    log.warn({ ...run.facts, step: failure.step && stepName(failure.step) }, failure.message);
    let node_end: NodeEnd = { events: failEvents(run), changes: {} };
    if (run.hasNode)
      try {
        node_end = await run.work.fail(run, failure);
      } catch (error) {
        lease.check();
        log.error({ ...run.facts, err: error }, 'the clean-up after a failure failed too');
      }
    try {
      return await end({ state: 'failed', failure }, node_end);
    } catch (error) {
      if (error instanceof LeaseLost || lease.signal.aborted) throw error;
      if (isUnavailable(error)) throw error;
      log.error(
        { ...run.facts, err: error },
        'the outcome could not be written; failing without its changes',
      );
      run.drop();
      return end({ state: 'failed', failure }, { events: failEvents(run), changes: {} });
    }
  }

  /** Takes the node back after a wait. False: somebody else has it. */
  async function acquire(): Promise<boolean> {
    const taken = await store.nodes.update(
      run.node.uuid,
      { reservation: deps.hostname, reservation_job_id: job.id },
      { reservation: null },
    );
    if (taken !== null) run.written(taken);
    return taken !== null;
  }

  async function visit(): Promise<RunResult> {
    if (!(await run.load())) {
      const gone = { code: 'NotFound', status: 404, step: null, timed_out: false };
      return fail({ ...gone, message: `Node ${job.node_uuid} could not be found.` });
    }
    const overdue = isOverdue(run);
    if (job.exclusive && run.node.reservation_job_id !== job.id) {
      const put_off = overdue && run.node.maintenance;
      if (put_off || !(await acquire())) {
        if (claimed.due === 'deadline') {
          await write({ state: 'waiting', wait_within_ms: BUSY_RETRY_MS }, async () => ({}));
          return { state: 'waiting' };
        }
        const failure = explain(new Error('The reservation of the node was broken.'), null);
        await write({ state: 'failed', error: failure }, async () => ({}));
        return { state: 'ended', followed: false };
      }
    }
    if (job.deadline_at !== null && job.kind === 'call' && run.now() > job.deadline_at)
      return fail(explain(new Error('The caller waits no more.'), null));
    if (job.exclusive && run.node.reservation !== deps.hostname) run.change({ reservation: deps.hostname });
    if (overdue) {
      const step = run.steps[job.step_index] ?? null;
      const where = step === null ? '' : ` in step ${stepName(step)}`;
      const what =
        job.wait_for === 'inspection' ? 'inspection data from the ramdisk' : 'the agent on the ramdisk';
      const message = `Timeout reached while waiting for ${what}${where}. Check on the server's console that it booted the ramdisk and that the ramdisk reaches the API.`;
      return fail({ message, status: 504, code: 'HardwareFailure', step, timed_out: true });
    }
    const planned = job.steps === null;
    if (planned)
      try {
        run.steps = await run.work.plan(run);
      } catch (error) {
        lease.check();
        return fail(explain(error, null, log));
      }
    return steps(planned);
  }

  /** Runs steps from the current one on. */
  async function steps(planned: boolean): Promise<RunResult> {
    const first = run.steps[run.step_index];
    if (first === undefined) return finish(null);
    let step = first;
    const opened = claimed.due === 'lease-ended' ? await crashes(run.step_index) : 0;
    if (opened > MAX_CRASHES)
      return fail(explain(new Error(`Conductors stopped ${opened} times while this step ran.`), step));
    let crashed = opened > 0;
    const resumed = transition(run.node.provision_state, 'resume') !== null && job.exclusive;
    await write(planned ? { steps: run.steps } : {}, async (tables) => {
      const journal_id = await startStep(tables, run.step_index, first);
      const written = await writeNode(tables, {
        ...(resumed && PROVISION_WAITS.includes(job.kind) ? fire(run.node, ['resume']) : {}),
        ...stepView(run.work, first),
      });
      return { ...written, journal_id };
    });
    run.woken = job.wait_for !== null;
    for (;;) {
      const definition = run.work.find(step, run.node);
      const outcome = await perform(step, definition, crashed);
      crashed = false;
      if (outcome.outcome !== 'done') return hand(step, outcome);
      if (job.abort_after && run.work.aborted !== undefined) {
        const node_end = await run.work.aborted(run, step);
        const message = `By request, the work was aborted after step ${stepName(step)}.`;
        const failure = { message, status: 409, code: 'Conflict', step, timed_out: false };
        return end({ state: 'cancelled', failure }, node_end);
      }
      const next = run.steps[run.step_index + 1];
      if (next === undefined) return finish(outcome.result ?? null);
      const index = run.step_index + 1;
      const hand_over = lease.handing_over;
      await write(
        {
          step_index: index,
          ...(Object.keys(run.data).length > 0 ? { step_data: {} } : {}),
          ...(run.woken ? { wait_for: null } : {}),
          ...(run.replanned ? { steps: run.steps } : {}),
          ...(hand_over ? { state: 'queued', run_after_ms: 0 } : {}),
        },
        async (tables) => {
          await endStep(tables, 'done', detailOf(outcome.result));
          const journal_id = hand_over ? null : await startStep(tables, index, next);
          return { ...(await writeNode(tables, stepView(run.work, next))), journal_id };
        },
      );
      if (hand_over) return { state: 'left' };
      run.advance(index);
      step = next;
    }
  }

  async function finish(result: Json): Promise<RunResult> {
    try {
      return await end({ state: 'done', result }, await run.work.finish(run, result));
    } catch (error) {
      lease.check();
      if (error instanceof LeaseLost) throw error;
      return fail(explain(error, run.steps[run.step_index] ?? null, log));
    }
  }

  /** One visit of one step; a failure of any kind becomes the outcome `fail`. */
  async function perform(
    step: PlannedStep,
    definition: StepDefinition | null,
    crashed: boolean,
  ): Promise<StepOutcome | { outcome: 'fail'; message: string; cause: unknown }> {
    const name = stepName(step);
    if (definition === null)
      return { outcome: 'fail', message: `This conductor does not know the step ${name}.` };
    try {
      const ctx = run.visit(step);
      if (crashed && definition.survives === 'never')
        return {
          outcome: 'fail',
          message: `The conductor stopped while step ${name} ran, and the step may not run twice: whether it took effect is not known. Check the server, then start over.`,
        };
      if (crashed && definition.survives === 'probe' && definition.probe !== undefined) {
        const found = await definition.probe(ctx);
        if (found !== 'repeat') return found;
      }
      return await definition.run(ctx);
    } catch (error) {
      if (lease.handing_over && definition.survives === 'repeat') {
        run.drop();
        return { outcome: 'again', after_ms: 0, data: run.data };
      }
      lease.check();
      const { message } = explain(error, step, log);
      return { outcome: 'fail', message, cause: error };
    }
  }

  /** Writes an outcome that ends the visit without ending the step. */
  async function hand(
    step: PlannedStep,
    outcome: Exclude<StepOutcome, { outcome: 'done' }> | { outcome: 'fail'; message: string; cause: unknown },
  ): Promise<RunResult> {
    if (outcome.outcome === 'fail')
      return fail({ ...explain('cause' in outcome ? outcome.cause : null, step), message: outcome.message });
    const data = outcome.data ?? {};
    if (outcome.outcome === 'again') {
      await write({ state: 'queued', run_after_ms: outcome.after_ms, step_data: data }, async (tables) => {
        await endStep(tables, 'again', null);
        return writeNode(tables, {});
      });
      return { state: 'again', after_ms: outcome.after_ms };
    }
    const event: ProvisionEvent = outcome.wait_for === 'unhold' ? 'hold' : 'wait';
    const until = outcome.within_ms === null ? { deadline_at: null } : { wait_within_ms: outcome.within_ms };
    const changes: JobChanges = { state: 'waiting', wait_for: outcome.wait_for, step_data: data };
    await write({ ...changes, ...until }, async (tables) => {
      await endStep(tables, 'wait', outcome.wait_for);
      return writeNode(tables, {
        ...fire(run.node, [event]),
        reservation: null,
        reservation_job_id: null,
      });
    });
    return { state: 'waiting' };
  }

  /** How many conductors died in the current step. */
  async function crashes(index: number): Promise<number> {
    const journal = await store.jobs.journal(job.id);
    return journal.filter((entry) => entry.step_index === index && entry.ended_at === null).length;
  }

  try {
    return await visit();
  } catch (error) {
    if (error instanceof LeaseLost || lease.signal.aborted) {
      log.warn({ ...run.facts, why: error instanceof Error ? error.message : String(error) }, 'job left');
      return { state: 'left' };
    }
    throw error;
  }
}

/** True when the job's wait ran past its deadline; waking a job takes the deadline away. */
function isOverdue(run: JobRun): boolean {
  const { job } = run;
  const ends_by_deadline = job.wait_for !== null && job.wait_for !== 'timer';
  return ends_by_deadline && job.deadline_at !== null && job.deadline_at <= run.now();
}

/** What a transaction found out: the node as written, the journal entry of the step that it started. */
interface Learned {
  node?: NodeRecord;
  journal_id?: number | null;
}

function isUnavailable(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'ServiceUnavailable';
}

const PROVISION_WAITS: readonly string[] = ['deploy', 'clean', 'inspect', 'rescue', 'service'];

/** node_history.event_type of each kind of work, in Ironic's words. */
const EVENT_TYPES: Readonly<Record<string, string>> = {
  clean: 'cleaning',
  deploy: 'deploying',
  verify: 'verifying',
  inspect: 'introspection',
  rescue: 'rescue',
  unrescue: 'unrescue',
  service: 'servicing',
  adopt: 'adopting',
  power: 'power',
};

function failEvents(run: JobRun): ProvisionEvent[] {
  if (!run.hasNode || run.job.kind === 'power' || run.job.kind === 'call') return [];
  return transition(run.node.provision_state, 'fail') === null ? [] : ['fail'];
}

function stepView(work: Work, step: PlannedStep | undefined): NodeChanges {
  if (work.step_field === undefined || step === undefined) return {};
  const view: StepView = {
    interface: step.interface,
    step: step.step,
    args: step.args,
    priority: step.priority,
    abortable: step.abortable,
    requires_ramdisk: step.in_band,
  };
  return { [work.step_field]: view };
}

function detailOf(result: Json | undefined): string | null {
  return typeof result === 'string' ? result.slice(0, 255) : null;
}

function secondsSince(now: number, then: number | null): number | null {
  return then === null ? null : Math.max(0, Math.round((now - then) / 1000));
}
