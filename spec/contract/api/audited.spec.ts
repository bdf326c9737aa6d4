import { expect } from 'chai';
import { createRouteMatcher } from '../../../api/http/route-matcher.ts';
import { loadOpenstackApi } from '../../../api/openstack/load-openstack-api.ts';
import { startApiBench } from './api-bench.ts';
import { type ApiRow, runRow } from './api-row.ts';
import { readTables } from './run-tables.ts';

const CHANGES: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** What changes things without a user: ramdisks report by themselves, and Neutron's events are only heard. */
const WITHOUT_USER = /^(ramdisk|events)\./;
/** The fake hardware has none. */
const WITHOUT_SUCCESS = /^(nodes|drivers)\.vendor_passthru\./;

describe('the audit of the bare metal API', function () {
  this.timeout(60_000);

  it('has an entry of every operation that changes something, and of whoever asked', async () => {
    const { operations } = await loadOpenstackApi();
    const match = createRouteMatcher(operations);
    const rows = new Map<string, ApiRow[]>();
    for (const row of readTables().flatMap((table) => table.rows)) {
      const [method = '', url = ''] = row.request.split(' ', 2);
      const id = match(url.split('?')[0] ?? '')?.methods.get(method)?.id;
      const plain = row.status < 300 && row.settings === undefined && row.caller === undefined;
      if (id !== undefined && plain && CHANGES.includes(method)) rows.set(id, [...(rows.get(id) ?? []), row]);
    }
    await using bench = await startApiBench();
    const silent: string[] = [];
    for (const [id, of_operation] of rows) {
      let told = false;
      for (const row of of_operation) {
        const [before] = await bench.store.audit.list({ limit: 1 });
        await runRow(bench, row);
        const [after] = await bench.store.audit.list({ limit: 1 });
        await bench.clear();
        told = after !== undefined && after.id > (before?.id ?? 0);
        if (!told) continue;
        expect(after, id).to.include({ user: 'spec-user' });
        expect(after?.request_id, id).to.match(/^req-/);
        break;
      }
      if (!told) silent.push(id);
    }
    expect(silent.filter((id) => !WITHOUT_USER.test(id))).to.deep.equal([]);
    const changing = operations.filter(({ method }) => CHANGES.includes(method)).map(({ id }) => id);
    const unasked = changing.filter((id) => !rows.has(id) && !WITHOUT_SUCCESS.test(id));
    expect(unasked).to.deep.equal([]);
    expect((await bench.store.audit.verify()).broken).to.equal(null);
  });
});
