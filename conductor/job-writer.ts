import type { JobChanges, Tables } from '../db/store.ts';
import { ServiceError } from '../lifecycle/errors.ts';
import type { JobRecord, PlannedStep, StepOutcome } from '../lifecycle/job.ts';
import type { Json } from '../lifecycle/json.ts';
import type { NodeRecord } from '../lifecycle/records.ts';
import type { JobRun } from './job-run.ts';
import { type Lease, LeaseLost } from './lease.ts';
import { fire } from './provision-event.ts';
import type { ConductorDeps, Failure, NodeChanges, NodeEnd } from './step.ts';

/** How a job ended. */
export type JobEnd = { state: 'done'; result: Json } | { state: 'failed' | 'cancelled'; failure: Failure };

type Changes = JobChanges & { run_after_ms?: number; wait_within_ms?: number };

/** Writes what becomes of one claimed job. Every write is one transaction that repeats the claim. */
export interface JobWriter {
  /**
   * Writes the job and whatever `more` writes with it. A transaction may run twice, so what it learns is kept only once it
   * is committed. While the database is away it waits, as long as the lease lasts. @throws LeaseLost
   */
  write(changes: Changes, more: (tables: Tables) => Promise<Learned>): Promise<void>;
  /** Writes the node's pending changes and `changes`, provided that this job still holds the node. */
  writeNode(tables: Tables, changes: NodeChanges): Promise<{ node?: NodeRecord }>;
  /** Opens the journal entry of a step. */
  startStep(tables: Tables, index: number, step: PlannedStep): Promise<number>;
  /** Closes the journal entry of the step that runs. */
  endStep(tables: Tables, outcome: StepOutcome['outcome'], detail: string | null): Promise<void>;
  /** Ends the job and releases the node, or hands the node to the job that follows. */
  end(how: JobEnd, node_end: NodeEnd): Promise<void>;
}

/** What a transaction found out: the node as written, the journal entry of the step that it started. */
export interface Learned {
  node?: NodeRecord;
  journal_id?: number | null;
}

const DATABASE_RETRY_MS = 1000;

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
  hardware: 'management',
};

export function createJobWriter(deps: ConductorDeps, run: JobRun, lease: Lease): JobWriter {
  const { store, log, clock } = deps;
  const { job } = run;

  async function write(changes: Changes, more: (tables: Tables) => Promise<Learned>): Promise<void> {
    for (;;) {
      lease.checkHeld();
      try {
        const learned = await store.transaction(async (tables) => {
          // Sent together with the rest, and carried out first.
          const [held, learned] = await Promise.all([tables.jobs.update(lease.claim, changes), more(tables)]);
          if (!held) throw new LeaseLost('The job was taken over.');
          return learned;
        });
        if (learned.node !== undefined) run.written(learned.node);
        run.committed();
        run.journal_id = learned.journal_id ?? null;
        run.commands.clear();
        return;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        log.warn({ job: job.uuid, err: error }, 'the database is away; the outcome of a step waits for it');
        await clock.sleep(DATABASE_RETRY_MS);
      }
    }
  }

  async function writeNode(tables: Tables, changes: NodeChanges): Promise<{ node?: NodeRecord }> {
    const all: NodeChanges = { ...run.changes, ...changes };
    if (all.provision_state !== undefined) all.provision_updated_at = run.now();
    if (job.node_uuid === null || Object.keys(all).length === 0) return {};
    const guard = job.exclusive ? { reservation_job_id: job.id } : {};
    if (!(await tables.nodes.change(job.node_uuid, all, guard)))
      throw new LeaseLost('The node is gone, or its reservation was broken.');
    return { node: { ...run.node, ...all } };
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
    if (run.journal_id !== null)
      await tables.jobs.endStep(run.journal_id, outcome, detail, run.commands.said());
  }

  async function end(how: JobEnd, node_end: NodeEnd): Promise<void> {
    const failure = how.state === 'done' ? null : how.failure;
    const error = failure && { code: failure.code, message: failure.message, status: failure.status };
    const changes: JobChanges =
      how.state === 'done' ? { state: 'done', result: how.result } : { state: how.state, error };
    const { node_uuid } = job;
    await write(changes, async (tables) => {
      const before = run.hasNode ? run.node : null;
      const fired = before !== null && node_end.events.length > 0 ? fire(before, node_end.events) : {};
      const ended = endStep(tables, failure === null ? 'done' : 'fail', failure?.message ?? null);
      if (node_uuid === null || before === null) {
        await ended;
        return {};
      }
      const follow =
        node_end.follow && (await Promise.all([queueNext(tables, node_uuid, node_end.follow), ended]))[0];
      const released = follow
        ? { reservation: deps.hostname, reservation_job_id: follow.id }
        : { reservation: null, reservation_job_id: null };
      const end_changes: NodeChanges = {
        ...fired,
        ...(run.work.step_field ? { [run.work.step_field]: {} } : {}),
        ...(failure && job.kind !== 'call' ? { last_error: failure.message } : {}),
        ...node_end.changes,
        ...(job.exclusive ? released : {}),
      };
      const after = { ...before, ...end_changes };
      const text = failure && job.kind !== 'call' ? (after.last_error ?? failure.message) : node_end.note;
      const [written] = await Promise.all([
        writeNode(tables, end_changes),
        ended,
        text !== undefined &&
          deps.settings.conductor.node_history &&
          tables.history.add({
            node_uuid,
            severity: failure === null ? 'INFO' : 'ERROR',
            event: text,
            event_type: EVENT_TYPES[job.kind] ?? 'provisioning',
            conductor: deps.hostname,
            user: job.user,
            project: job.project,
            state: after.provision_state,
            target_provision_state: after.target_provision_state,
            duration_seconds: secondsSince(run.now(), before.provision_updated_at),
          }),
      ]);
      return written;
    });
    const duration_s = Math.max(0, run.now() - job.created_at) / 1000;
    deps.observer?.jobEnded(job.kind, how.state, duration_s);
    run.tell({ name: `job ${job.kind}`, id: job.uuid, parent: null, duration_s, failed: failure !== null });
    log.info({ ...run.facts, state: how.state, provision_state: run.node.provision_state }, 'job ended');
  }

  /** The job that takes the node over. */
  function queueNext(
    tables: Tables,
    node_uuid: string,
    follow: NonNullable<NodeEnd['follow']>,
  ): Promise<JobRecord> {
    const { conductor_group, request_id, user, project } = job;
    return tables.jobs.insert({
      ...follow,
      ...{ node_uuid, conductor_group, exclusive: true, request_id, user, project },
    });
  }

  return { write, writeNode, startStep, endStep, end };
}

/** True for the error of a database that is away. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof ServiceError && error.code === 'ServiceUnavailable';
}

function secondsSince(now: number, then: number | null): number | null {
  return then === null ? null : Math.max(0, Math.round((now - then) / 1000));
}
