import { serviceError } from '../../../lifecycle/errors.ts';
import type { JobRecord } from '../../../lifecycle/job.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import type { EpochMs, NodeRecord } from '../../../lifecycle/records.ts';
import { currentStep, isLive, mayCommand, outcomeOfBreak } from '../../../lifecycle/reservation.ts';
import type { ServerRecord } from '../../../lifecycle/server-record.ts';
import type { LifecycleHandler } from '../handler.ts';
import { isoTime } from '../iso-time.ts';
import { findServer } from './access.ts';

/** GET /v1/servers/{server}/reservation: who holds the server, why, since when, and what breaking it would do. */
export const showReservation: LifecycleHandler = async (request, api) => {
  const { node, server } = await findServer(api, request, 'lifecycle:server:reservation:get');
  if (node === null) return { status: 200, body: nothingHolds(server) };
  const { jobs } = api.store;
  const { reservation_job_id } = node;
  const held = reservation_job_id === null ? null : await jobs.get(reservation_job_id);
  const [waiting] = await jobs.list({ where: { node_uuid: node.uuid, state: 'waiting' }, limit: 1 });
  return { status: 200, body: view(node, held, waiting ?? null, await api.store.now()) };
};

/** Of a server that was disposed of. */
function nothingHolds({ provision_state }: ServerRecord): JsonObject {
  return {
    ...{ reserved: false, holder: null, provision_state, since: null, job: null, if_broken: null },
    ...{ what_happens: WHAT_HAPPENS.free, what_happens_code: 'free' },
  };
}

/** DELETE /v1/servers/{server}/reservation?job=…: breaks it. Whoever held the server can write no more. @throws Conflict */
export const breakReservation: LifecycleHandler = async (request, api) => {
  const { node } = await findServer(api, request, 'lifecycle:server:reservation:break');
  if (node === null) throw serviceError('Conflict', { why: 'The server is disposed of: nothing holds it.' });
  const job = request.query.job?.toLowerCase() ?? null;
  await api.conductor.breakReservation(node, job, request.caller);
  return { status: 204 };
};

function view(node: NodeRecord, job: JobRecord | null, waiting: JobRecord | null, now: EpochMs): JsonObject {
  const at_work = job !== null && isLive(job) ? job : waiting;
  const lease_ends = at_work?.lease_expires_at ?? null;
  const live = job !== null && isLive(job) ? job : null;
  const broken = outcomeOfBreak(node, live);
  const next = mayCommand(live === null ? job : null, now) ? 'being-broken' : whatHappens(node, at_work, now);
  return {
    reserved: node.reservation !== null,
    holder: node.reservation,
    provision_state: node.provision_state,
    since: isoTime(at_work === null ? (node.updated_at ?? node.created_at) : at_work.created_at),
    job: at_work && {
      uuid: at_work.uuid,
      kind: at_work.kind,
      state: at_work.state,
      step: currentStep(at_work),
      waits_for: at_work.state === 'waiting' ? at_work.wait_for : null,
      waits_until: at_work.state === 'waiting' ? isoTime(at_work.deadline_at) : null,
      conductor: at_work.claimed_by,
      claims: at_work.fencing_token,
      lease_ends: isoTime(lease_ends),
      lease_ended: lease_ends === null ? null : lease_ends <= now,
      request_id: at_work.request_id,
      user: at_work.user,
      project: at_work.project,
      started_at: isoTime(at_work.started_at),
    },
    what_happens: WHAT_HAPPENS[next],
    what_happens_code: next,
    if_broken:
      node.reservation === null
        ? null
        : {
            provision_state: broken.changes.provision_state ?? node.provision_state,
            message: broken.message,
          },
  };
}

/** What becomes of the reservation if nobody does anything. */
const WHAT_HAPPENS = {
  'being-broken':
    'Its reservation is being broken: the server is free once its conductor has stopped, or the lease has ended.',
  free: 'Nothing: the server is free.',
  asked:
    'A request of the API holds it for a moment. If its process died, the server is freed after some minutes.',
  held: 'It waits for "unhold" or "abort"; nothing else ends the hold.',
  waits: 'It waits, and fails at the end of its time. "abort" ends the wait now.',
  queued: 'A conductor of its group takes it once it is due. If none does, see that one runs.',
  'lease-ended':
    'Its conductor has stopped renewing the lease: the next conductor that looks goes on at this step. If none does, see that one runs.',
  works: 'Its conductor works on it and renews the lease: it ends by itself.',
} as const;

function whatHappens(node: NodeRecord, job: JobRecord | null, now: EpochMs): keyof typeof WHAT_HAPPENS {
  if (job === null) return node.reservation === null ? 'free' : 'asked';
  if (job.state === 'waiting') return job.wait_for === 'unhold' ? 'held' : 'waits';
  if (job.state === 'queued') return 'queued';
  return job.lease_expires_at !== null && job.lease_expires_at <= now ? 'lease-ended' : 'works';
}
