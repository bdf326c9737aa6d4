import { describeAllocations } from './describe-allocations.ts';
import { startMariadbBench } from './mariadb-bench.ts';

describe('allocations on MariaDB', () => {
  describeAllocations(() =>
    startMariadbBench({
      conductor: { lease_timeout: 1, poll_interval: 0.1, node_locked_retry_attempts: 40 },
    }),
  );
});
