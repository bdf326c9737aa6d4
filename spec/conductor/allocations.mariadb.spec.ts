import { createConnection } from 'mysql2/promise';
import { testDatabaseUrl } from '../services/test-services.ts';
import { startConductorBench } from './conductor-bench.ts';
import { describeAllocations } from './describe-allocations.ts';

describe('allocations on MariaDB', () => {
  describeAllocations(async () => {
    const connection = await testDatabaseUrl();
    const bench = await startConductorBench(
      { conductor: { lease_timeout: 1, poll_interval: 0.1, node_locked_retry_attempts: 40 } },
      { connection },
    );
    return {
      ...bench,
      [Symbol.asyncDispose]: async () => {
        await bench[Symbol.asyncDispose]();
        const client = await createConnection({ uri: connection });
        await client.query(`DROP DATABASE ${new URL(connection).pathname.slice(1)}`);
        await client.end();
      },
    };
  });
});
