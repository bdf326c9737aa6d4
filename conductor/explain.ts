import { DriverError } from '../drivers/contract.ts';
import { ServiceError } from '../lifecycle/errors.ts';
import type { PlannedStep } from '../lifecycle/job.ts';
import { describeDriverError } from './bmc.ts';
import { type ConductorLogger, type Failure, StepFailure, stepName } from './step.ts';

/**
 * An error as the failure of a job: the cause in words for the operator. Of an error that nobody foresaw the text goes to
 * the log only, because it may hold anything.
 */
export function explain(error: unknown, step: PlannedStep | null, log?: ConductorLogger): Failure {
  const facts = { step, timed_out: false };
  if (error instanceof StepFailure)
    return { ...facts, message: error.message, code: error.code, status: error.status };
  if (error instanceof ServiceError)
    return { ...facts, message: error.message, code: error.code, status: error.status };
  if (error instanceof DriverError)
    return {
      ...facts,
      message: describeDriverError(step === null ? 'reach the BMC' : `run ${stepName(step)}`, error),
      code: 'HardwareFailure',
      status: 500,
    };
  if (log === undefined)
    return {
      ...facts,
      message: error instanceof Error ? error.message : 'The work failed.',
      code: 'HardwareFailure',
      status: 500,
    };
  log.error({ err: error, step: step && stepName(step) }, 'a step failed in a way that nobody foresaw');
  const where = step === null ? 'while planning' : `in step ${stepName(step)}`;
  return {
    ...facts,
    message: `Unexpected ${error instanceof Error ? error.name : 'error'} ${where}: the conductor's log has the details. Try again; if it repeats, report it.`,
    code: 'HardwareFailure',
    status: 500,
  };
}
