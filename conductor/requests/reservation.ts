import type { Caller } from '../../lifecycle/caller.ts';
import { serviceError } from '../../lifecycle/errors.ts';
import type { JobRecord } from '../../lifecycle/job.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { currentStep, isLive, outcomeOfBreak } from '../../lifecycle/reservation.ts';
import { JOB_ENDED_TOPIC } from '../bus/bus.ts';
import { audit } from './audit.ts';
import { type RequestDeps, reread } from './reserve.ts';

const MAX_REREADS = 10;

/** Thrown to roll a transaction back: the node or its job changed meanwhile. */
class Overtaken extends Error {}

/**
 * Breaks the reservation of a node: see ConductorClient.breakReservation. The job behind it ends and its fencing token
 * counts on, so that who holds it can write no more; the node is left failed where work was under way.
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
      return broken;
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
      current = await reread(deps.store, current);
    }
  }
  throw serviceError('Conflict', {
    why: `The reservation of node ${node.uuid} changes hands all the time: it is not stuck.`,
  });
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
  return job !== null && isLive(job) ? job : null;
}

function carryOut(
  { store, settings }: RequestDeps,
  node: NodeRecord,
  job: JobRecord | null,
  caller: Caller,
): Promise<NodeRecord> {
  const { reservation, reservation_job_id, provision_state } = node;
  const { changes, message } = outcomeOfBreak(node, job);
  return store.transaction(async (tables) => {
    if (job !== null && !(await tables.jobs.revoke(job.id, job.fencing_token, message)))
      throw new Overtaken();
    const moved = changes.provision_state !== undefined && changes.provision_state !== provision_state;
    const written = await tables.nodes.update(
      node.uuid,
      {
        ...changes,
        ...(moved ? { provision_updated_at: await tables.now() } : {}),
        reservation: null,
        reservation_job_id: null,
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
