import { expect } from 'chai';
import type { Verb } from '../../lifecycle/verbs.ts';
import { dropDatabase, migratedDatabaseUrl } from '../services/mariadb-template.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

describe('two conductors on MariaDB', () => {
  let bench: ConductorBench;
  let connection: string;
  beforeEach(async () => {
    connection = await migratedDatabaseUrl();
    bench = await startConductorBench(
      { conductor: { lease_timeout: 0.5, poll_interval: 0.1 } },
      { connection },
    );
  });
  afterEach(async () => {
    await bench[Symbol.asyncDispose]();
    await dropDatabase(connection);
  });

  it('take 30 nodes through a life at once, and lose none', async () => {
    await bench.start('conductor-1');
    await bench.start('conductor-2');
    const walk = [
      ['manage', 'manageable'],
      ['provide', 'available'],
      ['active', 'active'],
      ['deleted', 'available'],
    ] as const satisfies readonly (readonly [Verb, string])[];
    const nodes = await Promise.all(Array.from({ length: 30 }, () => bench.node()));
    await Promise.all(
      nodes.map(async (node) => {
        for (const [verb, state] of walk) {
          await bench.client.provision(await bench.read(node), verb, {}, CALLER);
          await bench.settled(node, state);
        }
      }),
    );
    const jobs = await bench.store.jobs.list();
    expect(jobs.every(({ state, error }) => state === 'done' && error === null)).to.equal(true);
    // verify, clean, deploy and teardown: nothing ran twice, nothing was dropped.
    expect(jobs).to.have.lengthOf(30 * 4);
  });

  it('take a job over from one that died', async () => {
    const first = await bench.start('conductor-1');
    const node = await bench.node({ driver_info: { fake_power_delay: '0.3' } });
    await bench.client.provision(node, 'manage', {}, CALLER);
    first.poke();
    await bench.start('conductor-2');
    first.halt();
    const managed = await bench.settled(node, 'manageable');
    expect(managed.power_state).to.equal('power off');
  });
});
