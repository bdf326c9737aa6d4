import { type ApiBench, type ApiBenchOptions, startApiBench } from './api-bench.ts';
import { type ApiRow, runRow } from './api-row.ts';
import { readTables } from './run-tables.ts';

/** Every row of every table against the API on one kind of database. */
export function describeTables(
  database: string,
  connection: () => Promise<string>,
  api: 'api' | 'lifecycle' = 'api',
): void {
  for (const table of readTables(api)) {
    describe(`${api === 'api' ? 'API' : 'life-cycle API'} table ${table.name} on ${database}`, () => {
      let bench: ApiBench;
      before(async function () {
        this.timeout(60_000);
        bench = await startApiBench({ connection: await connection() });
      });
      after(() => bench[Symbol.asyncDispose]());
      afterEach(() => bench.clear());
      for (const row of table.rows) {
        it(`${row.it}: ${row.request} → ${row.status}`, async () => {
          if (row.settings === undefined) return runRow(bench, row);
          return runRowAlone(row, await connection());
        });
      }
    });
  }
}

/** A row with settings of its own has a service of its own. */
async function runRowAlone(row: ApiRow, connection: string): Promise<void> {
  const bench = await startApiBench({
    connection,
    settings: row.settings as ApiBenchOptions['settings'] & object,
  });
  try {
    await runRow(bench, row);
  } finally {
    await bench[Symbol.asyncDispose]();
  }
}
