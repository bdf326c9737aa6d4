import type { ClaimedJob, JobChanges } from '../db/store.ts';
import { type PlannedStep, STATELESS_KINDS, type StepOutcome } from '../lifecycle/job.ts';
import type { Json } from '../lifecycle/json.ts';
import type { ProvisionEvent } from '../lifecycle/machine.ts';
import { transition } from '../lifecycle/machine.ts';
import type { NodeRecord, StepView } from '../lifecycle/records.ts';
import { explain } from './explain.ts';
import { JobRun } from './job-run.ts';
import { createJobWriter, isUnavailable, type JobEnd } from './job-writer.ts';
import { type Lease, LeaseLost } from './lease.ts';
import { fire } from './provision-event.ts';
import { relativeStep, withRelatives } from './relatives.ts';
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

/**
 * Runs one claimed job until it ends, waits, or is handed on. The journal has the start and the end of every step;
 * each outcome is one transaction with the node's change, so that another conductor goes on where this one stopped.
 */
export async function runJob(
  deps: ConductorDeps & { works: Readonly<Record<string, Work>> },
  claimed: ClaimedJob,
  lease: Lease,
  node: NodeRecord | null,
): Promise<RunResult> {
  const { store, log } = deps;
  await using run = new JobRun(deps, claimed.job, lease);
  const { job } = run;

  const { write, writeNode, startStep, endStep, end } = createJobWriter(deps, run, lease);

  async function ended(how: JobEnd, node_end: NodeEnd): Promise<RunResult> {
    await end(how, node_end);
    return { state: 'ended', followed: node_end.follow !== undefined };
  }

  async function fail(failure: Failure): Promise<RunResult> {
    log.warn({ ...run.facts, step: failure.step && stepName(failure.step) }, failure.message);
    let node_end: NodeEnd = { events: failEvents(run), changes: {} };
    if (run.hasNode)
      try {
        node_end = await run.work.fail(run, failure);
      } catch (error) {
        leaveIfAway(error);
        lease.check();
        log.error({ ...run.facts, err: error }, 'the clean-up after a failure failed too');
      }
    try {
      return await ended({ state: 'failed', failure }, node_end);
    } catch (error) {
      if (error instanceof LeaseLost || lease.signal.aborted) throw error;
      if (isUnavailable(error)) throw error;
      log.error(
        { ...run.facts, err: error },
        'the outcome could not be written; failing without its changes',
      );
      run.drop();
      return ended({ state: 'failed', failure }, { events: failEvents(run), changes: {} });
    }
  }

  /**
   * Takes the node back after a wait. False: somebody else has it. The claim is repeated: a conductor that slept since it
   * claimed the job would take a node for work that others have ended.
   */
  async function acquire(): Promise<boolean> {
    lease.checkHeld();
    const held = { reservation: deps.hostname, reservation_job_id: job.id };
    const taken = await store.transaction(async (tables) => {
      if (!(await tables.jobs.update(lease.claim, {}))) throw new LeaseLost('The job was taken over.');
      return tables.nodes.update(run.node.uuid, held, { reservation: null });
    });
    if (taken !== null) run.written(taken);
    return taken !== null;
  }

  async function visit(): Promise<RunResult> {
    if (!run.load(node)) {
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
      const [what, advice] = AWAITED[job.wait_for ?? ''] ?? AGENT;
      const message = `Timeout reached while waiting for ${what}${where}. Check on the server's console that ${advice}.`;
      return fail({ message, status: 504, code: 'HardwareFailure', step, timed_out: true });
    }
    const planned = job.steps === null;
    if (planned)
      try {
        run.steps = await withRelatives(run, await run.work.plan(run));
      } catch (error) {
        leaveIfAway(error);
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
    const started: NodeChanges = {
      ...(resumed && PROVISION_WAITS.includes(job.kind) ? fire(run.node, ['resume']) : {}),
      ...stepView(run.work, first),
    };
    await write(planned ? { steps: run.steps } : {}, async (tables) => {
      const [journal_id, written] = await Promise.all([
        startStep(tables, run.step_index, first),
        writeNode(tables, started),
      ]);
      return { ...written, journal_id };
    });
    run.woken = job.wait_for !== null;
    for (;;) {
      const definition = relativeStep(step) ?? run.work.find(step, run.node);
      const began = deps.clock.monotonic();
      const span = run.span;
      const outcome = await perform(step, definition, crashed);
      const label = step.in_band || definition === null ? 'agent' : stepName(step);
      const duration_s = (deps.clock.monotonic() - began) / 1000;
      deps.observer?.stepEnded(job.kind, label, outcome.outcome, duration_s);
      const failed = outcome.outcome === 'fail';
      run.tell({ name: `step ${stepName(step)}`, id: span, parent: job.uuid, duration_s, failed });
      crashed = false;
      if (outcome.outcome !== 'done') return hand(step, outcome);
      if (job.abort_after && run.work.aborted !== undefined) {
        const node_end = await run.work.aborted(run, step);
        const message = `By request, the work was aborted after step ${stepName(step)}.`;
        const failure = { message, status: 409, code: 'Conflict', step, timed_out: false };
        return ended({ state: 'cancelled', failure }, node_end);
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
          const [, journal_id, written] = await Promise.all([
            endStep(tables, 'done', detailOf(outcome.result)),
            hand_over ? null : startStep(tables, index, next),
            writeNode(tables, stepView(run.work, next)),
          ]);
          return { ...written, journal_id };
        },
      );
      if (hand_over) return { state: 'left' };
      run.advance(index);
      step = next;
    }
  }

  async function finish(result: Json): Promise<RunResult> {
    try {
      return await ended({ state: 'done', result }, await run.work.finish(run, result));
    } catch (error) {
      leaveIfAway(error);
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
      leaveIfAway(error);
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
        const [, written] = await Promise.all([endStep(tables, 'again', null), writeNode(tables, {})]);
        return written;
      });
      return { state: 'again', after_ms: outcome.after_ms };
    }
    const event: ProvisionEvent = outcome.wait_for === 'unhold' ? 'hold' : 'wait';
    const until = outcome.within_ms === null ? { deadline_at: null } : { wait_within_ms: outcome.within_ms };
    const changes: JobChanges = { state: 'waiting', wait_for: outcome.wait_for, step_data: data };
    const left: NodeChanges = { ...fire(run.node, [event]), reservation: null, reservation_job_id: null };
    await write({ ...changes, ...until }, async (tables) => {
      const [, written] = await Promise.all([
        endStep(tables, 'wait', outcome.wait_for),
        writeNode(tables, left),
      ]);
      return written;
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

/** A database that is away fails no work: the job is left as by a conductor that died, and gone on with when it is back. */
function leaveIfAway(error: unknown): void {
  if (isUnavailable(error)) throw error;
}

/** True when the job's wait ran past its deadline; waking a job takes the deadline away. */
function isOverdue(run: JobRun): boolean {
  const { job } = run;
  const ends_by_deadline = job.wait_for !== null && job.wait_for !== 'timer';
  return ends_by_deadline && job.deadline_at !== null && job.deadline_at <= run.now();
}

/** What a wait was for, and what to look at when it ended without it. */
const AGENT = [
  'the agent on the ramdisk',
  'it booted the ramdisk and that the ramdisk reaches the API',
] as const;
const AWAITED: Readonly<Record<string, readonly [string, string]>> = {
  inspection: ['inspection data from the ramdisk', AGENT[1]],
  installed: [
    'the system of its profile',
    'the system starts, and that it tells the boot service when it is installed (POST /installed)',
  ],
};

const PROVISION_WAITS: readonly string[] = ['deploy', 'clean', 'inspect', 'rescue', 'service'];

function failEvents(run: JobRun): ProvisionEvent[] {
  if (!run.hasNode || STATELESS_KINDS.includes(run.job.kind)) return [];
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
    ...(step.children === undefined
      ? {}
      : { execute_on_child_nodes: true, limit_child_node_execution: [...step.children] }),
  };
  return { [work.step_field]: view };
}

function detailOf(result: Json | undefined): string | null {
  return typeof result === 'string' ? result.slice(0, 255) : null;
}
