import { createConnection } from 'mysql2/promise';
import { testDatabaseUrl } from '../services/test-services.ts';
import { type ConductorBench, startConductorBench } from './conductor-bench.ts';

/** A conductor bench on a database of its own, which goes with it. */
export async function startMariadbBench(
  overrides: Parameters<typeof startConductorBench>[0],
  transport_url = 'memory://',
): Promise<ConductorBench> {
  const connection = await testDatabaseUrl();
  const bench = await startConductorBench(overrides, { connection, transport_url });
  return {
    ...bench,
    [Symbol.asyncDispose]: async () => {
      await bench[Symbol.asyncDispose]();
      const client = await createConnection({ uri: connection });
      await client.query(`DROP DATABASE ${new URL(connection).pathname.slice(1)}`);
      await client.end();
    },
  };
}
