import { startConductorBench } from './conductor-bench.ts';
import { describeAllocations } from './describe-allocations.ts';

describe('allocations on SQLite', () => {
  describeAllocations(() =>
    startConductorBench({
      conductor: { lease_timeout: 1, poll_interval: 0.1, node_locked_retry_attempts: 40 },
    }),
  );
});
