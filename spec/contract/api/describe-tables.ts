import { type ApiBench, type ApiBenchOptions, startApiBench } from './api-bench.ts';
import { type ApiRow, runRow } from './api-row.ts';
import { readTables } from './run-tables.ts';

/** Every row of every table against the API on one kind of database; null: that of the bench. */
export function describeTables(
  database: string,
  connection: (() => Promise<string>) | null,
  api: 'api' | 'lifecycle' = 'api',
): void {
  const options = async () => (connection === null ? {} : { connection: await connection() });
  for (const table of readTables(api)) {
    describe(`${api === 'api' ? 'API' : 'life-cycle API'} table ${table.name} on ${database}`, () => {
      let bench: ApiBench;
      before(async function () {
        this.timeout(60_000);
        bench = await startApiBench(await options());
      });
      after(() => bench[Symbol.asyncDispose]());
      afterEach(() => bench.clear());
      for (const row of table.rows) {
        it(`${row.it}: ${row.request} → ${row.status}`, async () => {
          if (row.settings === undefined) return runRow(bench, row);
          return runRowAlone(row, await options());
        });
      }
    });
  }
}

/** A row with settings of its own has a service of its own. */
async function runRowAlone(row: ApiRow, options: ApiBenchOptions): Promise<void> {
  const bench = await startApiBench({
    ...options,
    settings: row.settings as ApiBenchOptions['settings'] & object,
  });
  try {
    await runRow(bench, row);
  } finally {
    await bench[Symbol.asyncDispose]();
  }
}
