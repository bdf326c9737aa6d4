import type { JobState } from '../../lifecycle/job.ts';
import { mayCommand } from '../../lifecycle/reservation.ts';
import { ownNodes } from './own-nodes.ts';
import type { Periodic } from './periodic.ts';

/** A short reservation of the API is held for milliseconds; one this old belongs to a process that died. */
const STALE_MS = 120_000;
const HOLDING: readonly JobState[] = ['queued', 'running'];

/** Frees nodes whose holder is gone: no job is behind the reservation, or the job has ended. */
export const orphanedReservations: Periodic = {
  name: 'orphaned-reservations',
  interval_s: ({ settings }) => settings.conductor.check_provision_state_interval,
  start: (ctx) => async () => {
    const fields = ['reservation', 'reservation_job_id', 'updated_at', 'created_at'] as const;
    for await (const node of ownNodes(ctx, {}, fields)) {
      if (node.reservation === null) continue;
      const { reservation, reservation_job_id } = node;
      const job = reservation_job_id === null ? null : await ctx.store.jobs.get(reservation_job_id);
      const held = job !== null && HOLDING.includes(job.state);
      const now = await ctx.placement.dbNow();
      if (held || mayCommand(job, now) || now - (node.updated_at ?? node.created_at) < STALE_MS) continue;
      const freed = await ctx.store.nodes.update(
        node.uuid,
        { reservation: null, reservation_job_id: null },
        { reservation, reservation_job_id },
      );
      if (freed !== null) ctx.log.warn({ node: node.uuid, reservation }, 'freed a node whose holder is gone');
    }
  },
};
