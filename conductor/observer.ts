import type { DriverErrorCode } from '../drivers/contract.ts';
import type { JobKind, JobState, StepOutcome } from '../lifecycle/job.ts';

/**
 * What a conductor and its client tell whoever counts. All words are from sets that the program knows, never from a
 * request or a node, so that they may be labels of metrics. Must be quick and must not throw.
 */
export interface ConductorObserver {
  jobEnded(kind: JobKind, state: JobState, duration_s: number): void;
  /** One visit of a step ended. `step`: `interface.step` of the conductor's own steps, `agent` for those of an agent. */
  stepEnded(kind: JobKind, step: string, outcome: StepOutcome['outcome'], duration_s: number): void;
  /** `driver`: the name of a hardware type that this process has. */
  bmcCalled(driver: string, code: BmcCallCode, duration_s: number): void;
  /** A request found its node locked and waited for it. */
  lockWaited(outcome: 'got' | 'refused', duration_s: number): void;
}

/**
 * How a call to a BMC ended. `left_alone`: it was not made, since the BMC had not answered the ones before. `error`: with
 * something else than a DriverError, such as an abort.
 */
export type BmcCallCode = 'ok' | DriverErrorCode | 'left_alone' | 'error';
