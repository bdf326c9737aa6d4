import { serviceError } from '../../lifecycle/errors.ts';
import type { JobRecord } from '../../lifecycle/job.ts';
import { transition } from '../../lifecycle/machine.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { ProvisionState } from '../../lifecycle/states.ts';
import { fire } from '../provision-event.ts';
import { type NodeChanges, stepName } from '../step.ts';
import type { NodeRequest, RequestDeps } from './reserve.ts';

/** Where the running step is shown, for states whose step decides whether they can be aborted at once. */
const STEP_FIELDS: Partial<Record<ProvisionState, 'clean_step' | 'deploy_step' | 'service_step'>> = {
  'clean wait': 'clean_step',
  'clean hold': 'clean_step',
  'wait call-back': 'deploy_step',
  'service wait': 'service_step',
  'service hold': 'service_step',
};

/** What the user reads in last_error after an abort. */
const WHAT: Partial<Record<ProvisionState, string>> = {
  'clean wait': 'the clean operation',
  'clean hold': 'the clean operation',
  'wait call-back': 'the deploy operation',
  'deploy hold': 'the deploy operation',
  'inspect wait': 'the inspection',
  'rescue wait': 'the rescue operation',
  'service wait': 'the service operation',
  'service hold': 'the service operation',
  'service failed': 'the service operation',
};

/**
 * Aborts what a node waits for. A step that cannot be interrupted is let end: the request is accepted, the state stays,
 * and the work stops after the step.
 */
export async function abortRequest(deps: RequestDeps, node: NodeRecord): Promise<NodeRequest> {
  if (node.provision_state === 'service failed' && node.maintenance)
    throw serviceError('Conflict', {
      why: `Can not abort service on node ${node.uuid} while it is in maintenance mode: take it out of maintenance first.`,
    });
  const waiting = await waitingJob(deps, node);
  const field = STEP_FIELDS[node.provision_state];
  const step = waiting?.steps?.[waiting.step_index] ?? null;
  if (field !== undefined && waiting !== null && step !== null && !step.abortable)
    return {
      changes: { [field]: { ...node[field], abort_after: true } },
      job: null,
      abort_after: waiting.id,
    };
  const what = WHAT[node.provision_state] ?? 'the operation';
  const during = step === null ? '' : ` during step ${stepName(step)}`;
  const last_error = `By request, ${what} was aborted${during}.`;
  const events =
    node.provision_state === 'service wait' || node.provision_state === 'service hold'
      ? (['fail', 'abort'] as const)
      : (['abort'] as const);
  const changes: NodeChanges = {
    ...fire(node, events),
    ...(field === undefined ? {} : { [field]: {} }),
    last_error: transition(node.provision_state, 'abort')?.to === 'active' ? null : last_error,
  };
  return {
    changes,
    job: { kind: 'abort', args: { verb: 'abort', from: node.provision_state } },
    cancel: last_error,
    note: last_error,
  };
}

/** Lets held work go on. */
export function unholdRequest(node: NodeRecord): NodeRequest {
  return { changes: fire(node, ['unhold']), job: null, wake: ['unhold'], note: 'unhold requested' };
}

async function waitingJob(deps: RequestDeps, node: NodeRecord): Promise<JobRecord | null> {
  const [job] = await deps.store.jobs.list({ where: { node_uuid: node.uuid, state: 'waiting' }, limit: 1 });
  return job ?? null;
}
