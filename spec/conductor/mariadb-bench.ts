import { dropDatabase, migratedDatabaseUrl } from '../services/mariadb-template.ts';
import { type ConductorBench, startConductorBench } from './conductor-bench.ts';

/** A conductor bench on a database of its own, which goes with it. */
export async function startMariadbBench(
  overrides: Parameters<typeof startConductorBench>[0],
  transport_url = 'memory://',
): Promise<ConductorBench> {
  const connection = await migratedDatabaseUrl();
  const bench = await startConductorBench(overrides, { connection, transport_url });
  return {
    ...bench,
    [Symbol.asyncDispose]: async () => {
      await bench[Symbol.asyncDispose]();
      await dropDatabase(connection);
    },
  };
}
