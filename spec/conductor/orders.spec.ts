import { startConductorBench } from './conductor-bench.ts';
import { describeOrders } from './describe-orders.ts';

describeOrders('SQLite', () =>
  startConductorBench({
    conductor: { lease_timeout: 2, poll_interval: 0.2, node_locked_retry_attempts: 0 },
    DEFAULT: { enabled_deploy_interfaces: ['fake', 'noop'] },
  }),
);
