import type { Caller } from '../../lifecycle/caller.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { JobRecord } from '../../lifecycle/job.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { currentStep, isLive, mayCommand, outcomeOfBreak } from '../../lifecycle/reservation.ts';
import { JOB_ENDED_TOPIC } from '../bus/bus.ts';
import { audit } from './audit.ts';
import { type RequestDeps, reread } from './reserve.ts';

const MAX_REREADS = 10;
/** How often the job's row is read while its holder is waited for. */
const LOOK_EVERY_MS = 100;

/** Thrown to roll a transaction back: the node or its job changed meanwhile. */
class Overtaken extends Error {}

/**
 * Breaks the reservation of a node: see ConductorClient.breakReservation. The job behind it ends and its fencing token
 * counts on, so that who holds it can write no more; the node is left failed where work was under way. It stays reserved
 * until who held it has stopped or its lease has ended: until then it may still command the BMC. If this process dies
 * meanwhile, the sweep of orphaned reservations frees it.
 */
export async function breakReservation(
  deps: RequestDeps,
  node: NodeRecord,
  job_uuid: string | null,
  caller: Caller,
): Promise<NodeRecord> {
  let current = await reread(deps.store, node);
  for (let rereads = MAX_REREADS; rereads > 0; rereads--) {
    const held = await holderOf(deps, current, job_uuid);
    try {
      const broken = await carryOut(deps, current, held, caller);
      deps.notifier.nodeChanged(current, broken);
      if (held?.kind === 'call') await deps.bus.publish(JOB_ENDED_TOPIC, { job_id: held.id });
      if (held === null || broken.reservation === null) return broken;
      await untilStopped(deps, held);
      return await free(deps, broken);
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      current = await reread(deps.store, current);
    }
  }
  throw serviceError('Conflict', {
    why: `The reservation of node ${node.uuid} changes hands all the time: it is not stuck.`,
  });
}

/** Waits until nobody works on what a job that was revoked is about: its holder has stopped, or its lease has ended. */
async function untilStopped({ store, clock }: RequestDeps, { id }: JobRecord): Promise<void> {
  while (mayCommand(await store.jobs.get(id), await store.now())) await clock.sleep(LOOK_EVERY_MS);
}

/** Frees a node whose job was revoked, unless somebody else did. */
async function free({ store }: RequestDeps, node: NodeRecord): Promise<NodeRecord> {
  const { reservation, reservation_job_id } = node;
  const released = { reservation: null, reservation_job_id: null };
  return (
    (await store.nodes.update(node.uuid, released, { reservation, reservation_job_id })) ??
    reread(store, node)
  );
}

/** The job behind a reservation; null: there is none. @throws Conflict when it is not what the caller saw. */
async function holderOf(
  { store }: RequestDeps,
  node: NodeRecord,
  job_uuid: string | null,
): Promise<JobRecord | null> {
  if (node.reservation === null)
    throw serviceError('Conflict', {
      why: `Node ${node.uuid} is not reserved: there is nothing to break. What it waits for is ended by "abort".`,
    });
  const job = node.reservation_job_id === null ? null : await store.jobs.get(node.reservation_job_id);
  if (job_uuid !== null && job?.uuid !== job_uuid)
    throw serviceError('Conflict', {
      why: `Node ${node.uuid} is held by ${job === null ? 'no job' : `job ${job.uuid}`} now, not by job ${job_uuid}: look at the reservation again.`,
    });
  return job !== null && (isLive(job) || mayCommand(job, await store.now())) ? job : null;
}

function carryOut(
  { store, settings }: RequestDeps,
  node: NodeRecord,
  job: JobRecord | null,
  caller: Caller,
): Promise<NodeRecord> {
  const { reservation, reservation_job_id, provision_state } = node;
  // Broken already by another request, which waits, or whose process died.
  if (job !== null && !isLive(job)) return Promise.resolve(node);
  const { changes, message } = outcomeOfBreak(node, job);
  const released = job?.state === 'running' ? {} : { reservation: null, reservation_job_id: null };
  return store.transaction(async (tables) => {
    if (job !== null && !(await tables.jobs.revoke(job.id, job.fencing_token, message)))
      throw new Overtaken();
    const moved = changes.provision_state !== undefined && changes.provision_state !== provision_state;
    const written = await tables.nodes.update(
      node.uuid,
      {
        ...changes,
        ...(moved ? { provision_updated_at: await tables.now() } : {}),
        ...released,
      },
      { reservation, reservation_job_id, provision_state },
    );
    if (written === null) throw new Overtaken();
    if (settings.conductor.node_history)
      await tables.history.add({
        node_uuid: node.uuid,
        severity: 'ERROR',
        event: message,
        event_type: 'reservation',
        conductor: reservation,
        user: caller.user_id,
        project: caller.project_id,
        state: written.provision_state,
        target_provision_state: written.target_provision_state,
      });
    await audit(tables, settings, node.uuid, caller, {
      action: 'reservation-break',
      detail: {
        holder: reservation,
        job: job?.uuid ?? null,
        kind: job?.kind ?? null,
        step: job && currentStep(job),
        from: provision_state,
      },
    });
    return written;
  });
}
