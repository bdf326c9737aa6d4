import { type ApiBench, startApiBench } from './api-bench.ts';
import { runRow } from './api-row.ts';
import { readTables } from './run-tables.ts';

for (const table of readTables()) {
  describe(`API table ${table.name}`, () => {
    let bench: ApiBench;
    before(async () => {
      bench = await startApiBench();
    });
    after(() => bench[Symbol.asyncDispose]());
    afterEach(() => bench.clear());
    for (const row of table.rows) {
      it(`${row.it}: ${row.request} → ${row.status}`, () => runRow(bench, row));
    }
  });
}
