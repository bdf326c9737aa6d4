import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { allocateAddress } from '../../conductor/ipam.ts';
import { openStore } from '../../db/open-store.ts';
import type { Store } from '../../db/store.ts';
import {
  freeAddress,
  ipv4Network,
  ipv4Number,
  ipv4Text,
  poolProblem,
  poolSize,
} from '../../lifecycle/ipv4.ts';
import { newNode, testKeys } from '../builders/records.ts';

describe('S22 S23 allocateAddress', () => {
  let store: Store;
  before(async () => {
    store = await openStore({ connection: 'sqlite://:memory:', keys: testKeys() });
    await store.upgrade();
  });
  after(() => store[Symbol.asyncDispose]());

  const newPool = (size: number) =>
    store.ip_pools.create({
      ...{ name: randomUUID(), network: '10.1.0.0/24', gateway: '10.1.0.10' },
      ranges: [{ first: '10.1.0.10', last: ipv4Text((ipv4Number('10.1.0.10') ?? 0) + size) }],
    });

  it('gives no address twice, and each server one, however many ask at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.integer({ min: 0, max: 19 }), { minLength: 1, maxLength: 60 }),
        async (size, asks) => {
          const pool = await newPool(size);
          const servers = Array.from({ length: 20 }, () => randomUUID());
          const answers = await Promise.all(
            asks.map((index) =>
              allocateAddress(store, pool, servers[index] ?? '').then(
                ({ address, holder }) => ({ address, holder }),
                (error: { code?: string }) => error.code,
              ),
            ),
          );
          const given = new Map<string, string | null>();
          for (const answer of answers) {
            if (typeof answer !== 'object') {
              expect(answer).to.equal('NoFreeAddress');
              continue;
            }
            expect(given.get(answer.address) ?? answer.holder).to.equal(answer.holder);
            given.set(answer.address, answer.holder);
          }
          const distinct = new Set(asks).size;
          // The gateway is in the range and is nobody's.
          expect(given.size).to.equal(Math.min(size, distinct));
          expect(new Set(given.values()).size).to.equal(given.size);
          expect(await store.ip_addresses.count({ pool_uuid: pool.uuid })).to.equal(given.size);
        },
      ),
      { numRuns: 40 },
    );
  }).timeout(60_000);

  it('gives a server the address that the operator fixed for it', async () => {
    const pool = await newPool(5);
    const holder = randomUUID();
    await store.ip_addresses.create({ pool_uuid: pool.uuid, address: '10.1.0.14', holder, state: 'static' });
    expect(await allocateAddress(store, pool, holder)).to.include({ address: '10.1.0.14' });
  });

  it('passes by what is reserved', async () => {
    const pool = await newPool(1);
    await store.ip_addresses.create({ pool_uuid: pool.uuid, address: '10.1.0.11', state: 'reserved' });
    const code = await allocateAddress(store, pool, randomUUID()).catch(
      (error: { code: string }) => error.code,
    );
    expect(code).to.equal('NoFreeAddress');
  });

  it('has the address of a deleted node free again, not one that was fixed', async () => {
    const pool = await newPool(1);
    const node = await store.nodes.create(newNode());
    await allocateAddress(store, pool, node.uuid);
    const fixed = {
      pool_uuid: pool.uuid,
      address: '10.1.0.99',
      holder: randomUUID(),
      state: 'static' as const,
    };
    await store.ip_addresses.create(fixed);
    await store.nodes.delete(node.uuid);
    const left = await store.ip_addresses.list({ where: { pool_uuid: pool.uuid } });
    expect(left.map(({ address }) => address)).to.deep.equal(['10.1.0.99']);
  });

  it('frees what no node holds, once it is old enough', async () => {
    const pool = await newPool(2);
    const node = await store.nodes.create(newNode());
    await allocateAddress(store, pool, node.uuid);
    await allocateAddress(store, pool, randomUUID());
    await store.ip_addresses.freeOrphans(3_600_000);
    expect(await store.ip_addresses.count({ pool_uuid: pool.uuid })).to.equal(2);
    await store.ip_addresses.freeOrphans(0);
    const left = await store.ip_addresses.list({ where: { pool_uuid: pool.uuid } });
    expect(left.map(({ holder }) => holder)).to.deep.equal([node.uuid]);
  });
});

describe('IPv4 arithmetic', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (number) => {
        expect(ipv4Number(ipv4Text(number))).to.equal(number);
      }),
    );
  });

  for (const text of ['1.2.3', '1.2.3.256', '01.2.3.4', '1.2.3.4.5', '::1', ''])
    it(`takes "${text}" for no address`, () => {
      expect(ipv4Number(text)).to.equal(null);
    });

  it('knows networks', () => {
    expect(ipv4Network('10.0.0.0/30')).to.deep.equal({ first: 167_772_160, last: 167_772_163, prefix: 30 });
    expect(ipv4Network('10.0.0.1/30')).to.equal(null);
  });

  it('gives out neither the address of the network nor that of broadcasts', () => {
    const pool = { network: '10.0.0.0/30', ranges: [{ first: '10.0.0.0', last: '10.0.0.3' }], gateway: null };
    expect(poolProblem(pool)).to.equal(null);
    expect(poolSize(pool.ranges)).to.equal(4);
    expect(freeAddress(pool, new Set(), 0)).to.equal('10.0.0.1');
    expect(freeAddress(pool, new Set(['10.0.0.1', '10.0.0.2']), 0)).to.equal(null);
  });
});
