import { expect } from 'chai';
import type { AuditFilter } from '../../db/store.ts';
import type { NewAuditEntry } from '../../lifecycle/audit.ts';
import { newNode } from '../builders/records.ts';
import { eventually } from '../services/eventually.ts';
import { type StoreBench, startStoreBench, type TestDatabase } from './store-bench.ts';

const entry = (fields: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  ...{ node_uuid: null, action: 'update', user: 'u', project: 'p', request_id: 'req-1' },
  detail: { fields: ['name', 'extra'], nested: { b: 1, a: ['ü', null, true] } },
  ...fields,
});

/** The chain is one for the whole database, so each spec has a database of its own. */
export function describeStoreAudit(migratedDatabase: () => Promise<TestDatabase>): void {
  describe('the audit', () => {
    let bench: StoreBench;
    beforeEach(async () => {
      bench = await startStoreBench(migratedDatabase);
    });
    afterEach(() => bench[Symbol.asyncDispose]());

    it('is a chain of entries, newest first in lists', async () => {
      const { audit, now } = bench.store;
      expect(await audit.verify()).to.deep.equal({ head: { id: 0, hash: '0'.repeat(64) }, broken: null });
      const before = await now();
      for (const node_uuid of ['a', 'b', 'a', null]) await audit.append(entry({ node_uuid }));
      const entries = await audit.list({ limit: 10 });
      expect(entries.map(({ id, node_uuid }) => [id, node_uuid])).to.deep.equal([
        [4, null],
        [3, 'a'],
        [2, 'b'],
        [1, 'a'],
      ]);
      expect(entries[1]).to.deep.include(entry({ node_uuid: 'a' }));
      expect(entries[3]?.created_at).to.be.within(before, await now());
      expect(entries[0]?.previous_hash).to.equal(entries[1]?.hash);
      expect((await audit.list({ node_uuid: 'a', limit: 1 })).map(({ id }) => id)).to.deep.equal([3]);
      expect(
        (await audit.list({ node_uuid: 'a', before_id: 3, limit: 9 })).map(({ id }) => id),
      ).to.deep.equal([1]);
      expect(await audit.verify()).to.deep.equal({ head: { id: 4, hash: entries[0]?.hash }, broken: null });
    });

    it('is listed by what it says, and by time', async () => {
      const { audit, now } = bench.store;
      await audit.append(entry({ node_uuid: 'a', user: 'u1', project: 'p1', action: 'power' }));
      await audit.append(
        entry({ node_uuid: 'a', user: 'u2', project: 'p1', request_id: 'req-2', outcome: 'refused' }),
      );
      await audit.seal();
      await eventually(async () =>
        expect(await now()).to.be.greaterThan((await audit.list({ limit: 1 }))[0]?.created_at ?? 0),
      );
      const since = await now();
      await audit.append(entry({ node_uuid: 'b', user: 'u1', project: 'p2', action: 'power' }));
      const found = async (filter: AuditFilter) =>
        (await audit.list({ ...filter, limit: 9 })).map(({ id }) => id);
      expect(await found({})).to.deep.equal([3, 2, 1]);
      expect(await found({ project: 'p1' })).to.deep.equal([2, 1]);
      expect(await found({ user: 'u1' })).to.deep.equal([3, 1]);
      expect(await found({ action: 'power', node_uuid: 'a' })).to.deep.equal([1]);
      expect(await found({ since })).to.deep.equal([3]);
      expect(await found({ request_id: 'req-2' })).to.deep.equal([2]);
      expect(await found({ outcome: 'refused', user: 'u2' })).to.deep.equal([2]);
      expect(await found({ outcome: 'done', until: since })).to.deep.equal([1]);
      expect(await found({ until: since })).to.deep.equal([2, 1]);
      expect(await found({ project: 'p2', until: since })).to.deep.equal([]);
    });

    it('has no entry of a change that was rolled back, and no gap for it', async () => {
      const { store } = bench;
      await store.audit.append(entry());
      const node = newNode();
      const refused = await store
        .transaction(async (tables) => {
          await tables.nodes.create(node);
          await tables.audit.append(entry({ action: 'never' }));
          throw new Error('no');
        })
        .catch((error: Error) => error.message);
      expect(refused).to.equal('no');
      await store.audit.append(entry());
      expect((await store.audit.list({ limit: 9 })).map(({ id, action }) => [id, action])).to.deep.equal([
        [2, 'update'],
        [1, 'update'],
      ]);
      expect((await store.audit.verify()).broken).to.equal(null);
    });

    it('stays one chain when several processes write at once', async () => {
      const stores = [bench.store, await bench.another(), await bench.another()];
      const node = await bench.store.nodes.create(newNode());
      await Promise.all(
        Array.from({ length: 60 }, async (_, n) => {
          const store = stores[n % stores.length] ?? bench.store;
          await store.transaction(async (tables) => {
            // Half of them hold a node's row before they come to the chain.
            if (n % 2 === 0) await tables.nodes.change(node.uuid, { extra: { n } });
            await tables.audit.append(entry({ request_id: `req-${n}` }));
          });
        }),
      );
      const entries = await bench.store.audit.list({ limit: 100 });
      expect(entries.map(({ id }) => id)).to.deep.equal(Array.from({ length: 60 }, (_, n) => 60 - n));
      expect(new Set(entries.map(({ request_id }) => request_id))).to.have.property('size', 60);
      expect((await bench.store.audit.verify()).broken).to.equal(null);
    });

    it('has the hash that entries had before there were outcomes, where nothing was refused', async () => {
      await bench.store.audit.append(entry());
      await bench.store.audit.seal();
      await bench.database.query("UPDATE audit SET outcome = 'refused' WHERE id = 1");
      expect((await bench.store.audit.verify()).broken).to.have.property('id', 1);
      const [, first] = await bench.store.audit
        .append(entry({ outcome: 'refused' }))
        .then(() => bench.store.audit.list({ limit: 2 }));
      await bench.database.query("UPDATE audit SET outcome = 'done' WHERE id = 1");
      expect(first).to.have.property('outcome', 'refused');
      expect((await bench.store.audit.verify()).broken).to.equal(null);
      await bench.database.query("UPDATE audit SET outcome = 'done' WHERE id = 2");
      expect((await bench.store.audit.verify()).broken).to.have.property('id', 2);
    });

    const QUOTED = 'UPDATE audit SET detail = \'{"fields":[]}\' WHERE id = 3';
    for (const [what, statements, broken] of [
      ['was changed', ["UPDATE audit SET `user` = 'other' WHERE id = 3"], { id: 3, why: /was changed/ }],
      ['has another detail', [QUOTED], { id: 3, why: /was changed/ }],
      [
        'has another time',
        ['UPDATE audit SET created_at = created_at + 1 WHERE id = 3'],
        { id: 3, why: /was changed/ },
      ],
      ['was removed', ['DELETE FROM audit WHERE id = 3'], { id: 3, why: /is missing/ }],
      ['was the last and was removed', ['DELETE FROM audit WHERE id = 5'], { id: 5, why: /is missing/ }],
      [
        'was removed and the others were moved up',
        [
          'DELETE FROM audit WHERE id = 3',
          'UPDATE audit SET id = 3 WHERE id = 4',
          'UPDATE audit SET id = 4 WHERE id = 5',
        ],
        { id: 3, why: /does not follow/ },
      ],
    ] as const)
      it(`tells the first entry that ${what}`, async () => {
        for (let n = 0; n < 5; n++) await bench.store.audit.append(entry());
        expect(await bench.store.audit.seal()).to.equal(5);
        for (const sql of statements) await bench.database.query(sql);
        const verdict = await bench.store.audit.verify();
        expect(verdict.broken?.id).to.equal(broken.id);
        expect(verdict.broken?.why).to.match(broken.why);
      });

    it('is known by an anchor to have been cut or written anew', async () => {
      const { audit } = bench.store;
      for (let n = 0; n < 3; n++) await audit.append(entry());
      const { head } = await audit.verify();
      const [third, second] = await audit.list({ limit: 2 });
      await audit.append(entry());
      expect((await audit.verify(head)).broken).to.equal(null);
      await bench.database.query('DELETE FROM audit WHERE id > 2');
      await bench.database.query('UPDATE audit_head SET last_id = 2, last_hash = ?', [second?.hash ?? '']);
      expect((await audit.verify()).broken).to.equal(null);
      expect((await audit.verify(head)).broken)
        .to.have.property('why')
        .that.contains('was longer once');
      await audit.append(entry({ user: 'other' }));
      expect((await audit.list({ limit: 1 }))[0]?.hash).to.not.equal(third?.hash);
      expect((await audit.verify()).broken).to.equal(null);
      expect((await audit.verify(head)).broken)
        .to.have.property('why')
        .that.contains('written anew');
    });
  });
}
