import { type JobRecord, STATELESS_KINDS } from './job.ts';
import { transition } from './machine.ts';
import type { EpochMs, NodeRecord } from './records.ts';

/** Whether a job has not ended. */
export function isLive({ state }: Pick<JobRecord, 'state'>): boolean {
  return state === 'queued' || state === 'running' || state === 'waiting';
}

/** Whether the conductor that claimed a job may still be at work on what is outside the database. `now`: the database's. */
export function mayCommand(
  job: Pick<JobRecord, 'claimed_by' | 'lease_expires_at'> | null,
  now: EpochMs,
): boolean {
  return (
    job !== null && job.claimed_by !== null && job.lease_expires_at !== null && job.lease_expires_at > now
  );
}

/** `interface.step` of the step that a job is at; null: it has no plan yet. */
export function currentStep({ steps, step_index }: Pick<JobRecord, 'steps' | 'step_index'>): string | null {
  const step = steps?.[step_index];
  return step === undefined ? null : `${step.interface}.${step.step}`;
}

type Reserved = Pick<
  NodeRecord,
  'reservation' | 'provision_state' | 'target_provision_state' | 'power_state' | 'last_error'
>;

/**
 * What becomes of a node whose reservation is broken while `job` holds it (null: no job does). Work that had begun leaves
 * the hardware in a state that nobody knows: the node is failed, and its power is to be read again. Pure.
 */
export function outcomeOfBreak(
  node: Reserved,
  job: Pick<JobRecord, 'kind' | 'steps' | 'step_index' | 'started_at'> | null,
): { changes: Partial<NodeRecord>; message: string } {
  const holder = node.reservation ?? 'nobody';
  if (job === null)
    return { changes: {}, message: `The reservation by ${holder} was broken; no work was behind it.` };
  const step = currentStep(job);
  const begun = job.started_at !== null;
  const unknown = begun
    ? ' Whether its last command took effect is not known: check the server, then start over.'
    : ' It had not begun.';
  const message = `The reservation by ${holder} was broken by request while ${job.kind} was ${begun ? 'under way' : 'queued'}${step === null ? '' : ` in step ${step}`}.${unknown}`;
  const failed = STATELESS_KINDS.includes(job.kind)
    ? null
    : transition(node.provision_state, 'fail', node.target_provision_state ?? undefined);
  return {
    changes: {
      last_error: message,
      target_power_state: null,
      ...(begun ? { power_state: null } : {}),
      ...(failed === null
        ? {}
        : {
            ...{ provision_state: failed.to, target_provision_state: failed.target },
            ...{ clean_step: {}, deploy_step: {}, service_step: {} },
          }),
    },
    message,
  };
}
