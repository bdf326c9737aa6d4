import { ERRORS, serviceError } from '../../lifecycle/errors.ts';
import { StepFailure, type WorkContext } from '../step.ts';

/**
 * The error of asking hardware for what its driver, or the node's interface, lacks.
 *
 * @param what in background work, what was tried: `Failed to <what>: …`. Absent in calls, whose caller reads the cause.
 */
export function lacks(ctx: Pick<WorkContext, 'node'>, extension: string, what?: string): Error {
  const error = serviceError('UnsupportedDriverExtension', { driver: ctx.node.driver, extension });
  if (what === undefined) return error;
  return new StepFailure(`Failed to ${what}: ${error.message}`, {
    code: error.code,
    status: ERRORS.UnsupportedDriverExtension.status,
    cause: error,
  });
}
