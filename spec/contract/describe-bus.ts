import { expect } from 'chai';
import { type Bus, JOB_ENDED_TOPIC, jobQueue, type MessageHandler } from '../../conductor/bus/bus.ts';
import { MESSAGE_LIMIT } from '../../conductor/bus/message.ts';
import type { JsonObject } from '../../lifecycle/json.ts';
import { eventually } from '../services/eventually.ts';

/** A broker under test. Every bus that it opens reaches the others; redeliveries is 2. */
export interface BusBench extends AsyncDisposable {
  open(): Promise<Bus>;
}

export const BENCH_REDELIVERIES = 2;

/** A handler that holds each message until the test lets it go. */
function heldHandler(): { handler: MessageHandler; held: JsonObject[]; release: () => void } {
  const held: JsonObject[] = [];
  const waiting: (() => void)[] = [];
  return {
    held,
    handler: (message) =>
      new Promise((resolve) => {
        held.push(message);
        waiting.push(resolve);
      }),
    release: () => {
      for (const go of waiting.splice(0)) go();
    },
  };
}

/** What every Bus does, whatever carries it. */
export function describeBus(name: string, startBench: () => Promise<BusBench>): void {
  describe(`bus ${name}`, () => {
    let bench: BusBench;
    let bus: Bus;
    beforeEach(async () => {
      bench = await startBench();
      bus = await bench.open();
    });
    afterEach(async () => {
      await bus[Symbol.asyncDispose]();
      await bench[Symbol.asyncDispose]();
    });

    it('is connected until it is disposed of', async () => {
      expect(bus.connected).to.equal(true);
      await bus[Symbol.asyncDispose]();
      expect(bus.connected).to.equal(false);
      expect(await bus.send(jobQueue(''), { job_id: 1 })).to.equal(false);
      expect(await bus.publish(JOB_ENDED_TOPIC, { job_id: 1 })).to.equal(false);
      await bus[Symbol.asyncDispose]();
    });

    describe('a queue', () => {
      it('keeps messages until a consumer comes, and their order', async () => {
        for (let job_id = 0; job_id < 20; job_id += 1)
          expect(await bus.send(jobQueue(''), { job_id })).to.equal(true);
        const heard: JsonObject[] = [];
        await bus.consume(jobQueue(''), 1, async (message) => {
          heard.push(message);
        });
        await eventually(() => expect(heard).to.have.length(20));
        expect(heard.map(({ job_id }) => job_id)).to.deep.equal([...Array(20).keys()]);
      });

      it('carries every kind of JSON unchanged, and a copy of it', async () => {
        const heard: JsonObject[] = [];
        await bus.consume('q', 1, async (message) => {
          heard.push(message);
        });
        const message: JsonObject = {
          n: 1.5,
          s: 'ärger "x"\n',
          b: false,
          z: null,
          l: [1, [2]],
          o: { p: {} },
        };
        const sent = structuredClone(message);
        await bus.send('q', message);
        message.n = 2;
        await eventually(() => expect(heard).to.have.length(1));
        expect(heard[0]).to.deep.equal(sent);
      });

      it('hands each message to one consumer only, and shares them out', async () => {
        const [one, other] = [heldHandler(), heldHandler()];
        const second = await bench.open();
        await bus.consume('q', 5, one.handler);
        await second.consume('q', 5, other.handler);
        await Promise.all([...Array(10).keys()].map((n) => bus.send('q', { n })));
        await eventually(() => expect(one.held.length + other.held.length).to.equal(10));
        expect(one.held).to.have.length(5);
        const all = [...one.held, ...other.held].map(({ n }) => Number(n)).sort((a, b) => a - b);
        expect(all).to.deep.equal([...Array(10).keys()]);
        one.release();
        other.release();
        await second[Symbol.asyncDispose]();
      });

      it('gives a consumer no more unfinished messages than its prefetch', async () => {
        const { handler, held, release } = heldHandler();
        await bus.consume('q', 2, handler);
        for (let n = 0; n < 6; n += 1) await bus.send('q', { n });
        for (const count of [2, 4, 6]) {
          await eventually(() => expect(held).to.have.length(count));
          release();
        }
      });

      it('delivers again what a handler refused, and what comes after it', async () => {
        const heard: unknown[] = [];
        await bus.consume('q', 1, async ({ n }) => {
          heard.push(n);
          if (n === 1 && heard.length === 1) throw new Error('not yet');
        });
        await bus.send('q', { n: 1 });
        await bus.send('q', { n: 2 });
        await eventually(() => expect(heard).to.include(2));
        expect(heard.filter((n) => n === 1)).to.have.length(2);
      });

      it('gives a message up after the redeliveries, and goes on', async () => {
        let refused = 0;
        let last = false;
        await bus.consume('q', 1, async ({ poison }) => {
          if (poison === true) {
            refused += 1;
            throw new Error('poison');
          }
          last = true;
        });
        await bus.send('q', { poison: true });
        await eventually(() => expect(refused).to.equal(1 + BENCH_REDELIVERIES));
        await bus.send('q', { poison: false });
        await eventually(() => expect(last).to.equal(true));
        expect(refused).to.equal(1 + BENCH_REDELIVERIES);
      });

      it('survives a handler that throws before it returns a promise', async () => {
        let calls = 0;
        await bus.consume('q', 1, () => {
          calls += 1;
          throw new Error('at once');
        });
        await bus.send('q', {});
        await eventually(() => expect(calls).to.equal(1 + BENCH_REDELIVERIES));
      });

      it('does not mix with another queue', async () => {
        const heard: JsonObject[] = [];
        await bus.consume(jobQueue('rack-a'), 1, async (message) => {
          heard.push(message);
        });
        await bus.send(jobQueue(''), { n: 1 });
        await bus.send(jobQueue('rack-b'), { n: 2 });
        await bus.send(jobQueue('rack-a'), { n: 3 });
        await eventually(() => expect(heard).to.deep.equal([{ n: 3 }]));
      });

      it('waits for the running handler when a consumer is disposed of, and leaves the rest to others', async () => {
        const { handler, held, release } = heldHandler();
        const consumer = await bus.consume('q', 1, handler);
        await bus.send('q', { n: 1 });
        await bus.send('q', { n: 2 });
        await eventually(() => expect(held).to.have.length(1));
        const events: string[] = [];
        const disposed = consumer[Symbol.asyncDispose]().then(() => events.push('disposed'));
        events.push('released');
        release();
        await disposed;
        expect(events).to.deep.equal(['released', 'disposed']);

        const heard: JsonObject[] = [];
        await bus.consume('q', 1, async (message) => {
          heard.push(message);
        });
        await eventually(() => expect(heard).to.deep.equal([{ n: 2 }]));
        expect(held).to.deep.equal([{ n: 1 }]);
      });
    });

    describe('a topic', () => {
      it('tells every listener', async () => {
        const second = await bench.open();
        const heard: string[] = [];
        for (const [who, where] of [
          ['a', bus],
          ['b', bus],
          ['c', second],
        ] as const)
          await where.subscribe(JOB_ENDED_TOPIC, async ({ job_id }) => {
            heard.push(`${who}${job_id}`);
          });
        expect(await bus.publish(JOB_ENDED_TOPIC, { job_id: 7 })).to.equal(true);
        await eventually(() => expect(heard.toSorted()).to.deep.equal(['a7', 'b7', 'c7']));
        await second[Symbol.asyncDispose]();
      });

      it('takes messages without a listener, and keeps nothing for later ones', async () => {
        expect(await bus.publish('t', { n: 1 })).to.equal(true);
        const heard: JsonObject[] = [];
        await bus.subscribe('t', async (message) => {
          heard.push(message);
        });
        await bus.publish('t', { n: 2 });
        await eventually(() => expect(heard).to.deep.equal([{ n: 2 }]));
      });

      it('tells a listener whose handler failed no more than once, and the others all the same', async () => {
        let failed = 0;
        const heard: JsonObject[] = [];
        await bus.subscribe('t', async () => {
          failed += 1;
          throw new Error('no');
        });
        await bus.subscribe('t', async (message) => {
          heard.push(message);
        });
        await bus.publish('t', { n: 1 });
        await bus.publish('t', { n: 2 });
        await eventually(() => {
          expect(heard).to.deep.equal([{ n: 1 }, { n: 2 }]);
          expect(failed).to.equal(2);
        });
      });

      it('is silent for a listener that was disposed of', async () => {
        const heard: string[] = [];
        const gone = await bus.subscribe('t', async () => {
          heard.push('gone');
        });
        await bus.subscribe('t', async () => {
          heard.push('there');
        });
        await gone[Symbol.asyncDispose]();
        await bus.publish('t', {});
        await eventually(() => expect(heard).to.deep.equal(['there']));
      });
    });

    describe('what cannot be sent', () => {
      const loop: Record<string, unknown> = {};
      loop.self = loop;
      for (const [what, message] of [
        ['a message over the limit', { text: 'x'.repeat(MESSAGE_LIMIT) }],
        ['a cycle', loop],
        ['what JSON does not know', { n: 1n }],
      ] as const)
        it(`is refused without an error: ${what}`, async () => {
          expect(await bus.send('q', message as unknown as JsonObject)).to.equal(false);
          expect(await bus.publish('t', message as unknown as JsonObject)).to.equal(false);
          expect(await bus.send('q', {})).to.equal(true);
        });
    });
  });
}
