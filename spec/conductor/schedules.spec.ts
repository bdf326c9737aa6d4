import { startConductorBench } from './conductor-bench.ts';
import { describeSchedules } from './describe-schedules.ts';

describeSchedules('SQLite', () =>
  startConductorBench({
    conductor: {
      ...{ lease_timeout: 2, poll_interval: 0.2, node_locked_retry_attempts: 0 },
      hardware_step_poll_interval: 0.2,
    },
  }),
);
