import type { CallOptions, Connection } from '../../drivers/contract.ts';
import type { StepOutcome } from '../../lifecycle/job.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import type { StepContext } from '../step.ts';

/** How a step that the BMC carries out is done. */
export interface HardwareStepRun {
  /** One visit: it may be made again after any crash, and then sees the data of the last one that ended. */
  run(ctx: StepContext): Promise<StepOutcome>;
  /** After a crash in the first visit, when something may have been asked that nobody remembers. Default: `run`. */
  resume?(ctx: StepContext): Promise<StepOutcome>;
  /** Why the step cannot succeed on this server, before anything is touched. Reads only. */
  foresee?(
    connection: Connection,
    options: CallOptions,
    args: JsonObject,
    node: NodeRecord,
  ): Promise<string[]>;
}
