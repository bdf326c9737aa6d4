import { describeStoreAudit } from './store-audit.ts';
import { type StoreBench, startStoreBench, type TestDatabase } from './store-bench.ts';
import { describeStoreClaims } from './store-claims.ts';
import { describeStoreJobs } from './store-jobs.ts';
import { describeStoreLists } from './store-lists.ts';
import { describeStoreRecords } from './store-records.ts';
import { describeStoreSatellites } from './store-satellites.ts';
import { describeStoreSchema } from './store-schema.ts';
import { describeStoreSecrets } from './store-secrets.ts';
import { describeStoreServers } from './store-servers.ts';

/**
 * What every store has to do, whatever its database. `newDatabase` makes an empty database; `migratedDatabase` may make one
 * whose schema is there.
 */
export function describeStore(
  name: string,
  newDatabase: () => Promise<TestDatabase>,
  migratedDatabase: () => Promise<TestDatabase> = newDatabase,
): void {
  describe(`store on ${name}`, function storeSuite() {
    this.timeout(60_000);
    let bench: StoreBench;
    before(async () => {
      bench = await startStoreBench(migratedDatabase);
    });
    after(() => bench?.[Symbol.asyncDispose]());

    const current = (): StoreBench => bench;
    describeStoreRecords(current);
    describeStoreLists(current);
    describeStoreSatellites(current);
    describeStoreJobs(current);
    describeStoreClaims(current);
    describeStoreSecrets(current);
    describeStoreServers(current);
    describeStoreAudit(migratedDatabase);
    describeStoreSchema(newDatabase);
  });
}
