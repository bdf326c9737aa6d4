import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openStore } from '../../db/open-store.ts';
import type { Store } from '../../db/store.ts';
import { ipv4Number, ipv4Text } from '../../lifecycle/ipv4.ts';
import { newNode, testKeys } from '../builders/records.ts';
import { migratedDatabaseUrl } from '../services/mariadb-template.ts';
import { run } from '../services/process.ts';

const CHILD = fileURLToPath(new URL('./ipam-child.js', import.meta.url));
const PROCESSES = 3;

describe('S23 addresses given out by several processes', () => {
  let connection: string;
  let store: Store;
  before(async () => {
    connection = await migratedDatabaseUrl();
    store = await openStore({ connection, keys: testKeys() });
  });
  after(() => store[Symbol.asyncDispose]());

  /** Every process asks for its holders at once; processes share some. */
  async function ask(pool: string, holders: readonly (readonly string[])[]): Promise<string[][]> {
    const runs = await Promise.all(
      holders.map((own) =>
        run({ command: process.execPath, args: [CHILD, connection, pool, own.join(',')] }),
      ),
    );
    return runs.flatMap(({ code, stderr, stdout }) => {
      expect(code, stderr).to.equal(0);
      return JSON.parse(stdout) as string[][];
    });
  }

  for (const [name, size, each, shared] of [
    ['enough for all', 200, 40, 15],
    ['fewer than servers', 50, 25, 5],
  ] as const)
    it(`are never given twice nor lost: ${name}`, async () => {
      const first = ipv4Number('10.7.0.1') ?? 0;
      const { uuid } = await store.ip_pools.create({
        ...{ name: randomUUID(), network: '10.7.0.0/24' },
        ranges: [{ first: '10.7.0.1', last: ipv4Text(first + size - 1) }],
      });
      const common: string[] = Array.from({ length: shared }, () => randomUUID());
      const holders = Array.from({ length: PROCESSES }, (): string[] => [
        ...common,
        ...Array.from({ length: each }, () => randomUUID()),
      ]);
      const all = [...new Set(holders.flat())];
      for (const holder of all) await store.nodes.create(newNode({ uuid: holder }));

      const rows = await ask(uuid, holders);
      const given = new Map<string, string>();
      for (const [holder = '', address = ''] of rows) {
        if (address === 'NoFreeAddress') continue;
        expect(address).to.match(/^10\.7\.0\./);
        // A server that asks in two processes is told the same.
        expect(given.get(holder) ?? address).to.equal(address);
        given.set(holder, address);
      }
      expect(new Set(given.values()).size).to.equal(given.size);
      expect(given.size).to.equal(Math.min(size, all.length));
      expect(await store.ip_addresses.count({ pool_uuid: uuid })).to.equal(given.size);

      // Half of the servers go: what they had is free, and the others' stays.
      const gone = all.filter((_, index) => index % 2 === 0);
      for (const holder of gone) await store.nodes.delete(holder);
      const left = await store.ip_addresses.list({ where: { pool_uuid: uuid } });
      expect(left.every(({ holder }) => holder !== null && !gone.includes(holder))).to.equal(true);
      const again = await ask(uuid, [gone.map(() => randomUUID())]);
      const free = size - left.length;
      expect(again.filter(([, address]) => address !== 'NoFreeAddress')).to.have.length(
        Math.min(free, gone.length),
      );
    });
});
