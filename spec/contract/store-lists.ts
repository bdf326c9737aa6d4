import { expect } from 'chai';
import type { ListOptions, Store } from '../../db/store.ts';
import type { NodeRecord } from '../../lifecycle/records.ts';
import { newNode, newPort, newPortgroup, uniqueAddress, uniqueName } from '../builders/records.ts';
import type { StoreBench } from './store-bench.ts';

/** Every sort key of different kinds: with and without index, NULLs, ties, numbers, flags. */
const SORT_KEYS = [
  'id',
  'uuid',
  'name',
  'driver',
  'provision_state',
  'resource_class',
  'owner',
  'maintenance',
  'created_at',
  'updated_at',
  'provision_updated_at',
  'automated_clean',
  'description',
  'instance_uuid',
] as const satisfies readonly (keyof NodeRecord)[];

export function describeStoreLists(bench: () => StoreBench): void {
  describe('lists', () => {
    const lessee = uniqueName('project');
    let made: NodeRecord[];

    before(async () => {
      const { store } = bench();
      made = [];
      for (let n = 0; n < 23; n++) {
        const node = await store.nodes.create(
          newNode({
            lessee,
            name: n % 5 === 0 ? null : uniqueName(n % 2 === 0 ? 'b' : 'A'),
            driver: ['ipmi', 'redfish', 'fake-hardware'][n % 3] ?? '',
            owner: n % 4 === 0 ? null : `owner-${n % 3}`,
            resource_class: n % 6 === 0 ? null : `class-${n % 2}`,
            maintenance: n % 2 === 0,
            automated_clean: [null, true, false][n % 3] ?? null,
            provision_updated_at: n % 4 === 1 ? null : 1_700_000_000_000 + (n % 3),
            description: n % 7 === 0 ? null : `${'ß'.repeat(n % 3)}${n % 5} 100% _x`,
            traits: n % 2 === 0 ? ['CUSTOM_EVEN', `CUSTOM_${n}`] : [],
          }),
        );
        const touched = n % 3 === 0 ? await store.nodes.update(node.uuid, {}) : node;
        if (touched !== null) made.push(touched);
      }
    });

    for (const sort_key of SORT_KEYS)
      for (const sort_dir of ['asc', 'desc'] as const)
        it(`page by ${sort_key} ${sort_dir}, each record once and in order`, async () => {
          const expected = made.toSorted(comparing(sort_key, sort_dir)).map((node) => node.uuid);
          for (const limit of [1, 4, 100])
            expect(
              await pages(bench().store, { where: { lessee }, sort_key, sort_dir, limit }),
            ).to.deep.equal(expected);
        });

    it('are whole and by id when nothing is said', async () => {
      const all = await bench().store.nodes.list({ where: { lessee } });
      expect(all).to.deep.equal(made);
      expect(await bench().store.nodes.count({ lessee })).to.equal(made.length);
    });

    it('end after the last record, and are empty after one that is gone', async () => {
      const { nodes } = bench().store;
      const last = made.at(-1)?.id ?? 0;
      expect(await nodes.list({ where: { lessee }, after_id: last })).to.deep.equal([]);
      expect(await nodes.list({ where: { lessee }, after_id: 999_999_999, sort_key: 'name' })).to.deep.equal(
        [],
      );
      expect(await nodes.list({ where: { lessee }, limit: 0 })).to.deep.equal([]);
    });

    it('read the fields that are asked for', async () => {
      const fields = ['name', 'maintenance', 'traits'] as const;
      const [first] = await bench().store.nodes.list({ where: { lessee }, fields, limit: 1 });
      expect(Object.keys(first ?? {}).sort()).to.deep.equal(['id', 'maintenance', 'name', 'traits', 'uuid']);
      expect(first?.traits).to.deep.equal(['CUSTOM_0', 'CUSTOM_EVEN']);
    });

    it('filter by equality, "one of", NULL and all of them together', async () => {
      const where = { lessee, driver: ['ipmi', 'redfish'], owner: [null, 'owner-1'], maintenance: true };
      const expected = made.filter(
        (node) =>
          ['ipmi', 'redfish'].includes(node.driver) &&
          (node.owner === null || node.owner === 'owner-1') &&
          node.maintenance,
      );
      expect(expected).to.not.have.length(0);
      expect(await bench().store.nodes.list({ where })).to.deep.equal(expected);
      expect(await bench().store.nodes.count(where)).to.equal(expected.length);
      expect(await bench().store.nodes.count({ lessee, driver: [] })).to.equal(0);
      expect(await bench().store.nodes.list({ where: { lessee, owner: null } })).to.deep.equal(
        made.filter((node) => node.owner === null),
      );
    });

    it('find a part of the description, taken literally', async () => {
      const { nodes } = bench().store;
      const found = await nodes.list({ where: { lessee }, description_contains: 'ß3 100% _x' });
      expect(found.map((node) => node.uuid)).to.deep.equal(
        made.filter((node) => node.description?.includes('ß3 100% _x')).map((node) => node.uuid),
      );
      expect(found).to.not.have.length(0);
      expect(await nodes.list({ where: { lessee }, description_contains: '%x' })).to.deep.equal([]);
    });

    it('tell nodes with an instance, a shard or a parent from those without', async () => {
      const { nodes } = bench().store;
      const resource_class = uniqueName('class');
      const shard = uniqueName('shard');
      const plain = await nodes.create(newNode({ resource_class }));
      const full = await nodes.create(newNode({ resource_class, shard, instance_uuid: plain.uuid }));
      const child = await nodes.create(newNode({ resource_class, parent_node: plain.uuid }));
      const found = async (options: Parameters<typeof nodes.list>[0]) =>
        (await nodes.list({ where: { resource_class }, ...options })).map((node) => node.uuid);
      expect(await found({})).to.deep.equal([plain.uuid, full.uuid]);
      expect(await found({ include_children: true })).to.deep.equal([plain.uuid, full.uuid, child.uuid]);
      expect(await found({ where: { resource_class, parent_node: plain.uuid } })).to.deep.equal([child.uuid]);
      expect(await found({ associated: true })).to.deep.equal([full.uuid]);
      expect(await found({ associated: false })).to.deep.equal([plain.uuid]);
      expect(await found({ sharded: true })).to.deep.equal([full.uuid]);
      expect(await found({ sharded: false })).to.deep.equal([plain.uuid]);
      expect(await nodes.countByShard()).to.deep.include({ name: shard, count: 1 });
    });

    it('stay within what a project may see', async () => {
      const { nodes, ports, portgroups } = bench().store;
      const [mine, other, shard] = [uniqueName('p'), uniqueName('p'), uniqueName('s')];
      const owned = await nodes.create(newNode({ owner: mine, shard }));
      const leased = await nodes.create(newNode({ owner: other, lessee: mine, conductor_group: 'g7' }));
      const foreign = await nodes.create(newNode({ owner: other }));
      const uuids = async (scope: NonNullable<Parameters<typeof nodes.list>[0]>['scope']) =>
        (await nodes.list(scope === undefined ? {} : { scope })).map((node) => node.uuid);
      expect(await uuids({ project: mine })).to.deep.equal([owned.uuid, leased.uuid]);
      expect(await uuids({ project: mine, shards: [shard] })).to.deep.equal([owned.uuid]);
      expect(await uuids({ project: mine, conductor_groups: ['g7', 'g8'] })).to.deep.equal([leased.uuid]);
      expect(await uuids({ project: mine, shards: [] })).to.deep.equal([]);

      for (const node of [owned, leased, foreign]) {
        await ports.create(newPort(node.uuid));
        await portgroups.create(newPortgroup(node.uuid));
      }
      for (const table of [ports, portgroups]) {
        const seen = await table.list({ node: { project: mine } });
        expect(seen.map((one) => one.node_uuid)).to.deep.equal([owned.uuid, leased.uuid]);
        expect(
          await table.list({ node: { project: mine }, where: { node_uuid: foreign.uuid } }),
        ).to.deep.equal([]);
      }
    });

    it('find nodes by the addresses of their ports, each once', async () => {
      const { nodes, ports } = bench().store;
      const addresses = [uniqueAddress(), uniqueAddress(), uniqueAddress()];
      const [one, other] = [await nodes.create(newNode()), await nodes.create(newNode())];
      for (const [n, address] of addresses.entries())
        await ports.create(newPort(n < 2 ? one.uuid : other.uuid, { address }));
      expect(await nodes.listByAddresses(addresses)).to.deep.equal([one, other]);
      expect(await nodes.listByAddresses([addresses[2] ?? '', uniqueAddress()])).to.deep.equal([other]);
      expect(await nodes.listByAddresses([])).to.deep.equal([]);
      const owners = await Promise.all([...addresses, uniqueAddress()].map((each) => ports.nodeOf(each)));
      expect(owners).to.deep.equal([one.uuid, one.uuid, other.uuid, null]);
    });
  });
}

/** Walks all pages as a client does; resolves with the uuids. */
async function pages(store: Store, options: ListOptions<NodeRecord>): Promise<string[]> {
  const uuids: string[] = [];
  let after_id: number | undefined;
  for (;;) {
    const page = await store.nodes.list({ ...options, ...(after_id === undefined ? {} : { after_id }) });
    uuids.push(...page.map((node) => node.uuid));
    const last = page.at(-1);
    if (last === undefined || page.length < (options.limit ?? 0)) return uuids;
    after_id = last.id;
  }
}

/** The order of both engines: NULL first, texts by their bytes, ties by id in the same direction. */
function comparing(key: keyof NodeRecord, direction: 'asc' | 'desc') {
  const sign = direction === 'asc' ? 1 : -1;
  return (a: NodeRecord, b: NodeRecord): number =>
    sign * (compare(a[key] as Comparable, b[key] as Comparable) || a.id - b.id);
}

type Comparable = string | number | boolean | null;

function compare(a: Comparable, b: Comparable): number {
  if (a === null || b === null) return Number(b === null) - Number(a === null);
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
  return Number(a) - Number(b);
}
