import { expect } from 'chai';
import { openExecutor } from '../../db/engine.ts';
import type { Executor, SqlValue } from '../../db/executor.ts';
import { openSqlite } from '../../db/sqlite.ts';
import type { Tables } from '../../db/store.ts';
import { tables } from '../../db/tables.ts';
import { upgradeSchema } from '../../db/upgrade.ts';
import { newHistory, newJob, newNode, newPort, testKeys } from '../builders/records.ts';

interface Seen {
  sql: string;
  bindings: readonly SqlValue[];
}

/** Notes what is sent, also inside of transactions. */
function watching(seen: Seen[]): (executor: Executor) => Executor {
  return function watch(executor) {
    return {
      ...executor,
      rows(sql, bindings, prepared) {
        seen.push({ sql, bindings });
        return executor.rows(sql, bindings, prepared);
      },
      one(wanted) {
        seen.push({ sql: `${wanted.select} WHERE \`${wanted.column}\` = ?`, bindings: [wanted.key] });
        return executor.one(wanted);
      },
      run(sql, bindings) {
        seen.push({ sql, bindings });
        return executor.run(sql, bindings);
      },
      writeAndRead(write, read) {
        for (const { text, bindings } of [write, read]) seen.push({ sql: text, bindings });
        return executor.writeAndRead(write, read);
      },
      atomic: (work) => executor.atomic((inside) => work(watch(inside))),
    };
  };
}

/** How many statements an operation costs, and whether the database finds its rows by an index. */
describe('statements of the store', () => {
  const engine = openSqlite(':memory:', 1000, undefined);
  const seen: Seen[] = [];
  const watch = watching(seen);
  let executor: Executor;
  let watched: Tables;
  before(async () => {
    await upgradeSchema(engine);
    executor = openExecutor(engine, testKeys());
    watched = tables(watch(executor));
    for (let n = 0; n < 5; n++) {
      const node = await watched.nodes.create(newNode({ traits: ['CUSTOM_A'], owner: `o${n}` }));
      await watched.ports.create(newPort(node.uuid));
      await watched.history.add(newHistory(node.uuid));
      await watched.jobs.insert(newJob({ node_uuid: node.uuid }));
    }
  });
  after(() => engine.knex.destroy());
  beforeEach(() => {
    seen.length = 0;
  });

  async function firstNode(): Promise<string> {
    const [row] = await executor.rows('SELECT uuid FROM nodes LIMIT 1', []);
    return String(row?.[0]);
  }

  const COSTS: Record<string, [statements: number, work: (node_uuid: string) => Promise<unknown>]> = {
    'a page of nodes with traits': [1, () => watched.nodes.list({ limit: 5 })],
    'a later page': [1, () => watched.nodes.list({ limit: 2, after_id: 2 })],
    'a node': [1, (uuid) => watched.nodes.get(uuid)],
    'a new node, and its server': [2, () => watched.nodes.create(newNode())],
    'a new port': [1, (uuid) => watched.ports.create(newPort(uuid))],
    'a new job': [1, (node_uuid) => watched.jobs.insert(newJob({ node_uuid }))],
    'a guarded change, also of the server': [
      3,
      (uuid) => watched.nodes.update(uuid, { owner: 'y' }, { reservation: null }),
    ],
    'nodes by address': [1, () => watched.nodes.listByAddresses(['a', 'b', 'c'])],
    'a heartbeat': [1, () => watched.conductors.heartbeat('c')],
    'a claim when nothing is due': [
      1,
      () => watched.jobs.claim({ claimed_by: 'c', conductor_group: 'none', lease_ms: 1, limit: 9 }),
    ],
    'a claim of nine jobs': [
      3,
      () => watched.jobs.claim({ claimed_by: 'c', conductor_group: '', lease_ms: 1, limit: 9 }),
    ],
  };
  for (const [what, [statements, work]] of Object.entries(COSTS))
    it(`cost ${statements} for ${what}`, async () => {
      await work(await firstNode());
      expect(seen.map(({ sql }) => sql)).to.have.length(statements);
    });

  const NO_SORTING: Record<string, () => Promise<unknown>> = {
    'nodes by id': () => watched.nodes.list({ limit: 2, after_id: 2, include_children: true }),
    'nodes without children': () => watched.nodes.list({ limit: 2, after_id: 2 }),
    'nodes of a state': () =>
      watched.nodes.list({
        limit: 2,
        after_id: 2,
        where: { provision_state: 'enroll' },
        include_children: true,
      }),
    'ports of a node': () => watched.ports.list({ where: { node_uuid: 'x' }, limit: 2, after_id: 1 }),
    'history of a node': () => watched.history.list('x', { limit: 2, after_id: 1 }),
    'jobs that are due': () =>
      watched.jobs.claim({ claimed_by: 'c', conductor_group: '', lease_ms: 1, limit: 2 }),
    'the next due job': () => watched.jobs.nextDue(''),
    ...Object.fromEntries(
      (['name', 'driver', 'provision_state', 'resource_class', 'owner', 'created_at'] as const).map(
        (sort_key) => [
          `nodes by ${sort_key}`,
          () => watched.nodes.list({ sort_key, limit: 2, after_id: 2, include_children: true }),
        ],
      ),
    ),
  };
  for (const [what, work] of Object.entries(NO_SORTING))
    it(`find ${what} by an index, without reading or sorting the table`, async () => {
      await work();
      expect(seen).to.not.have.length(0);
      for (const { sql, bindings } of [...seen]) {
        const plan = (await executor.rows(`EXPLAIN QUERY PLAN ${sql}`, bindings)).map((row) =>
          String(row[3]),
        );
        expect(plan.join('\n'), sql).to.not.match(/SCAN (?!.*USING (COVERING )?INDEX)|TEMP B-TREE/);
      }
    });
});
