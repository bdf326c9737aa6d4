import { type ApiBench, startApiBench } from './api-bench.ts';
import { runRow } from './api-row.ts';
import { readTables } from './run-tables.ts';

/** Every row of every table against the API on one kind of database. */
export function describeTables(database: string, connection: () => Promise<string>): void {
  for (const table of readTables()) {
    describe(`API table ${table.name} on ${database}`, () => {
      let bench: ApiBench;
      before(async function () {
        this.timeout(60_000);
        bench = await startApiBench({ connection: await connection() });
      });
      after(() => bench[Symbol.asyncDispose]());
      afterEach(() => bench.clear());
      for (const row of table.rows) {
        it(`${row.it}: ${row.request} → ${row.status}`, () => runRow(bench, row));
      }
    });
  }
}
