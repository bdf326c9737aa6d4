import { expect } from 'chai';
import { WORKS } from '../../conductor/work/works.ts';
import { systemClock } from '../../config/system-clock.ts';
import type { Clock } from '../../lifecycle/clock.ts';
import { eventually } from '../services/eventually.ts';
import { CALLER, type ConductorBench, startConductorBench } from './conductor-bench.ts';

const DAY_MS = 86_400_000;

describe('a machine whose clock jumps', () => {
  let bench: ConductorBench;
  beforeEach(async () => {
    bench = await startConductorBench({ conductor: { lease_timeout: 2, poll_interval: 0.05 } });
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  for (const [direction, jump_ms] of [
    ['ahead', DAY_MS],
    ['back', -DAY_MS],
  ] as const)
    it(`${direction} while work runs ends no wait and no lease, and dates nothing by it`, async () => {
      let jumped_ms = 0;
      const clock: Clock = { ...systemClock, now: () => Date.now() + jumped_ms };
      let go = (): void => {};
      const gate = new Promise<void>((resolve) => {
        go = resolve;
      });
      let entered = (): void => {};
      const inside = new Promise<void>((resolve) => {
        entered = resolve;
      });

      const { clean } = WORKS;
      if (clean === undefined) throw new Error('There is no work of cleaning.');
      const works = {
        ...WORKS,
        clean: {
          ...clean,
          find: (step: Parameters<typeof clean.find>[0], node: Parameters<typeof clean.find>[1]) => {
            const found = clean.find(step, node);
            if (found === null || step.step !== 'power_on') return found;
            return {
              ...found,
              run: async (ctx: Parameters<typeof found.run>[0]) => {
                entered();
                await gate;
                return found.run(ctx);
              },
            };
          },
        },
      };
      await bench.start('conductor-1', { clock, works });
      const node = await bench.node({ provision_state: 'manageable' });
      const steps = ['power_on', 'hold', 'power_off'].map((step) => ({ interface: 'power', step }));
      const before = await bench.store.now();
      await bench.client.provision(node, 'clean', { clean_steps: steps, disable_ramdisk: true }, CALLER);
      await inside;
      jumped_ms = jump_ms;
      go();
      const held = await bench.settled(node, 'clean hold');
      const after = await bench.store.now();
      expect(held.provision_updated_at).to.be.within(before - 1000, after + 1000);
      // Looks that would end what they take for overdue.
      const [job] = await bench.store.jobs.list({ where: { node_uuid: node.uuid } });
      expect(job).to.include({ state: 'waiting', fencing_token: 1 });
      await bench.client.provision(await bench.read(node), 'unhold', {}, CALLER);
      await bench.settled(node, 'manageable');
      await eventually(async () => {
        const [done] = await bench.store.jobs.list({ where: { node_uuid: node.uuid } });
        expect(done).to.include({ state: 'done' });
      });
    });
});
