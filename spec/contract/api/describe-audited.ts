import { expect } from 'chai';
import type { Operation } from '../../../api/http/operations.ts';
import { createRouteMatcher } from '../../../api/http/route-matcher.ts';
import type { JsonObject } from '../../../lifecycle/json.ts';
import { type ApiBench, type ApiBenchOptions, startApiBench } from './api-bench.ts';
import { type ApiRow, runRow } from './api-row.ts';
import { readTables } from './run-tables.ts';

const CHANGES: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE'];

export interface AuditedApi {
  api: 'api' | 'lifecycle';
  /** Of its paths in the tables. */
  prefix: string;
  operations: readonly Operation[];
  /** Changes that are nobody's, or that change nothing. */
  silent: RegExp;
  /** Changes that no row can make. */
  without_success: RegExp;
}

/** Runs a row that succeeds for each operation that changes something, and looks for its entry. */
export function describeAudited({ api, prefix, operations, silent, without_success }: AuditedApi): void {
  it('has an entry of every operation that changes something, and of whoever asked', async function () {
    this.timeout(180_000);
    const match = createRouteMatcher(operations);
    const rows = new Map<string, ApiRow[]>();
    for (const row of readTables(api).flatMap((table) => table.rows)) {
      const [method = '', url = ''] = row.request.split(' ', 2);
      const id = match((url.split('?')[0] ?? '').slice(prefix.length))?.methods.get(method)?.id;
      const succeeds = row.status < 300 && row.caller !== 'nobody';
      if (id !== undefined && succeeds && CHANGES.includes(method))
        rows.set(id, [...(rows.get(id) ?? []), row]);
    }
    await using bench = await startApiBench();
    const untold: string[] = [];
    for (const [id, of_operation] of rows) if (!(await isTold(bench, id, of_operation))) untold.push(id);
    expect(untold.filter((id) => !silent.test(id))).to.deep.equal([]);
    const changing = operations.filter(({ method }) => CHANGES.includes(method)).map(({ id }) => id);
    expect(changing.filter((id) => !rows.has(id) && !without_success.test(id))).to.deep.equal([]);
    expect((await bench.store.audit.verify()).broken).to.equal(null);
  });
}

/** Whether a row leaves an entry; some of them change nothing. */
async function isTold(shared: ApiBench, id: string, rows: readonly ApiRow[]): Promise<boolean> {
  const [plain, special] = [rows.filter((row) => row.settings === undefined), rows[0]];
  if (plain.length === 0 && special !== undefined) {
    await using own = await startApiBench({
      settings: special.settings as ApiBenchOptions['settings'] & object,
    });
    return await tells(own, id, special);
  }
  for (const row of plain) if (await tells(shared, id, row)) return true;
  return false;
}

async function tells(bench: ApiBench, id: string, row: ApiRow): Promise<boolean> {
  const [before] = await bench.store.audit.list({ limit: 1 });
  await runRow(bench, row);
  const [after] = await bench.store.audit.list({ limit: 1 });
  await bench.clear();
  if (after === undefined || after.id === before?.id) return false;
  const user = (row.caller as JsonObject | undefined)?.user_id ?? 'spec-user';
  expect(after, id).to.include({ user, outcome: 'done' });
  expect(after.request_id, id).to.match(/^req-/);
  return true;
}
