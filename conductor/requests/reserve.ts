import type { Settings } from '../../config/options.ts';
import type { Match, NewJob, Store, Tables } from '../../db/store.ts';
import type { Caller } from '../../lifecycle/caller.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { WaitReason } from '../../lifecycle/job.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { type Bus, jobQueue } from '../bus/bus.ts';
import type { Notifier } from '../notifications/notifier.ts';
import type { ConductorObserver } from '../observer.ts';
import type { Placement } from '../placement.ts';
import type { NodeChanges } from '../step.ts';
import { type Audited, audit, shownArgs } from './audit.ts';

/** What every request of the client is given. */
export interface RequestDeps {
  store: Store;
  bus: Bus;
  settings: Settings;
  clock: Clock;
  placement: Placement;
  notifier: Pick<Notifier, 'nodeChanged'>;
  observer?: Pick<ConductorObserver, 'lockWaited'> | undefined;
}

/** A change of a node that may start a job, decided from one reading of the node. */
export interface NodeRequest {
  changes: NodeChanges;
  /** null: nothing runs in the background. */
  job: Pick<NewJob, 'kind' | 'args' | 'steps' | 'deadline_at'> | null;
  /** Jobs of the node that wait are ended, with this reason. */
  cancel?: string;
  /** The waiting job is woken, if it waits for one of these; it takes the node. */
  wake?: readonly WaitReason[];
  /** A job that is to stop after its step. */
  abort_after?: number;
  /** Text of an INFO history entry. */
  note?: string;
  /** What the audit says. Default: the kind of the job and what it was asked for. */
  audited?: Audited;
}

/** What is written in the same transaction; what it throws undoes all of it. */
export type Also = (tables: Tables, job_id: number | null) => Promise<void>;

/** Times a request is decided anew because the node changed under it, without being locked. */
const MAX_REREADS = 10;

/**
 * Decides a request on the node and carries it out in one transaction: insert the job, compare-and-set the node, write
 * the history; then nudges the conductors. When somebody else was faster the node is read and the request decided again;
 * while the node is locked, as often as `[conductor]node_locked_retry_attempts` says.
 *
 * @param decide throws the ServiceError that refuses the request.
 * @param also what is written with it.
 * @throws NodeLocked
 */
export async function changeNode(
  deps: RequestDeps,
  node: NodeRecord,
  caller: Caller,
  decide: (node: NodeRecord) => Promise<NodeRequest>,
  also?: Also,
): Promise<{ job_id: number | null }> {
  const { settings, store } = deps;
  let locked_tries = settings.conductor.node_locked_retry_attempts;
  let rereads = MAX_REREADS;
  let current = node;
  const locked = lockWatch(deps);
  for (;;) {
    if (current.reservation === null) {
      locked.got();
      const request = await decide(current);
      const starts = request.job !== null || request.wake !== undefined;
      const host = starts ? await deps.placement.requireHost(current) : null;
      const done = await carryOut(deps, current, caller, request, host, also);
      if (done !== null) {
        deps.notifier.nodeChanged(current, { ...current, ...request.changes });
        if (done.job_id !== null)
          await deps.bus.send(jobQueue(current.conductor_group), { job_id: done.job_id });
        return done;
      }
      if (rereads-- === 0) throw lockedError(current);
    } else {
      locked.seen();
      if (locked_tries-- <= 0) throw locked.refused(current);
      await deps.clock.sleep(settings.conductor.node_locked_retry_interval * 1000);
    }
    current = await reread(store, current);
  }
}

/** The node as it is now. @throws NotFound */
export async function reread(store: Store, node: NodeRecord): Promise<NodeRecord> {
  const fresh = await store.nodes.get(node.uuid);
  if (fresh === null) throw serviceError('NotFound', { kind: 'Node', ident: node.uuid });
  return fresh;
}

export function lockedError(node: NodeRecord): Error {
  return serviceError('NodeLocked', { node: node.uuid, host: node.reservation ?? 'another request' });
}

/** Measures how long a request waits for a node that is locked; says nothing of nodes that were free. */
export function lockWatch(deps: Pick<RequestDeps, 'clock' | 'observer'>): {
  seen(): void;
  got(): void;
  refused(node: NodeRecord): Error;
} {
  let since: number | null = null;
  function over(outcome: 'got' | 'refused'): void {
    if (since !== null) deps.observer?.lockWaited(outcome, (deps.clock.monotonic() - since) / 1000);
    since = null;
  }
  return {
    seen: () => {
      since ??= deps.clock.monotonic();
    },
    got: () => over('got'),
    refused: (node) => {
      over('refused');
      return lockedError(node);
    },
  };
}

/** Matches the node only while it is free and as it was read. */
export function asRead(node: NodeRecord): Match<NodeRecord> {
  return { reservation: null, updated_at: node.updated_at, provision_state: node.provision_state };
}

function auditedJob({ job }: NodeRequest): Audited {
  return { action: job?.kind ?? 'change', detail: shownArgs(job?.args ?? {}) };
}

/** Thrown to roll a transaction back: somebody else changed the node. */
export class Overtaken extends Error {}

/** What a transaction resolves with; null when it threw Overtaken, and nothing was written. */
export async function unlessOvertaken<T>(
  store: Store,
  work: (tables: Tables) => Promise<T>,
): Promise<T | null> {
  try {
    return await store.transaction(work);
  } catch (error) {
    if (error instanceof Overtaken) return null;
    throw error;
  }
}

async function carryOut(
  deps: RequestDeps,
  node: NodeRecord,
  caller: Caller,
  request: NodeRequest,
  host: string | null,
  also: Also | undefined,
): Promise<{ job_id: number | null } | null> {
  const { provision_state } = request.changes;
  const stamp = provision_state === undefined ? {} : { provision_updated_at: await deps.placement.dbNow() };
  const who = { request_id: caller.request_id, user: caller.user_id, project: caller.project_id };
  return unlessOvertaken(deps.store, async (tables) => {
    // Sent together, carried out in this order: the jobs to be cancelled are found before the new one is there.
    const [, job, woken] = await Promise.all([
      request.cancel === undefined ? null : tables.jobs.cancelIdle(node.uuid, request.cancel),
      request.job &&
        tables.jobs.insert({
          ...request.job,
          ...who,
          node_uuid: node.uuid,
          conductor_group: node.conductor_group,
          exclusive: true,
        }),
      request.wake === undefined ? null : tables.jobs.wake(node.uuid, request.wake),
      request.abort_after === undefined ? null : tables.jobs.requestAbort(request.abort_after),
    ]);
    const job_id = job?.id ?? woken ?? null;
    const held = job_id === null ? {} : { reservation: host, reservation_job_id: job_id };
    const changes = { ...request.changes, ...stamp, ...held };
    const written = { ...node, ...changes };
    const [changed] = await Promise.all([
      tables.nodes.change(node.uuid, changes, asRead(node)),
      request.note !== undefined &&
        deps.settings.conductor.node_history &&
        tables.history.add({
          node_uuid: node.uuid,
          severity: 'INFO',
          event: request.note,
          event_type: 'provisioning',
          conductor: host,
          user: caller.user_id,
          project: caller.project_id,
          state: written.provision_state,
          target_provision_state: written.target_provision_state,
        }),
      audit(tables, deps.settings, node.uuid, caller, request.audited ?? auditedJob(request)),
    ]);
    if (!changed) throw new Overtaken();
    await also?.(tables, job_id);
    return { job_id };
  });
}
