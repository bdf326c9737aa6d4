import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { eachOf } from '../../conductor/periodic/each-of.ts';
import { ManualClock } from '../drivers/ipmi/manual-clock.ts';

describe('many nodes, some at once', () => {
  /** Work that ends when the test says so. */
  function works(): { started: number[]; end: Map<number, () => void>; work: (n: number) => Promise<void> } {
    const started: number[] = [];
    const end = new Map<number, () => void>();
    return {
      ...{ started, end },
      work: (n) => {
        started.push(n);
        return new Promise((resolve) => end.set(n, resolve));
      },
    };
  }
  async function* numbers(count: number): AsyncGenerator<number> {
    for (let n = 0; n < count; n++) yield n;
  }
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await turn();
  };

  it('run no more at once than may, and all in the end', async () => {
    const { started, end, work } = works();
    const all = eachOf(numbers(5), 2, work, new ManualClock());
    await settled();
    expect(started).to.deep.equal([0, 1]);
    end.get(1)?.();
    await settled();
    expect(started).to.deep.equal([0, 1, 2]);
    for (const n of [0, 2, 3, 4]) {
      end.get(n)?.();
      await settled();
    }
    await all;
    expect(started).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it('pass those that are silent for a second, up to a bound', async () => {
    const { started, end, work } = works();
    const clock = new ManualClock();
    const all = eachOf(numbers(40), 1, work, clock);
    await settled();
    for (let seconds = 1; seconds <= 30; seconds++) {
      await clock.advance(1000);
      await settled();
      expect(started).to.have.lengthOf(Math.min(17, 1 + seconds));
    }
    for (let n = 0; n < 40; n++) {
      end.get(n)?.();
      await settled();
    }
    await all;
    expect(started).to.have.lengthOf(40);
  });

  it('pass those that take several times as long as the others took', async () => {
    const { started, end, work } = works();
    const clock = new ManualClock();
    const all = eachOf(numbers(8), 2, work, clock);
    await settled();
    // 0 is silent, each of the others takes 50 ms: one place is left for them until 0 has waited four times as long.
    for (const n of [1, 2, 3]) {
      await clock.advance(50);
      await settled();
      expect(started).to.have.lengthOf(n + 1);
      end.get(n)?.();
      await settled();
    }
    await clock.advance(60);
    await settled();
    expect(started).to.deep.equal([0, 1, 2, 3, 4, 5]);
    for (let n = 0; n < 8; n++) {
      end.get(n)?.();
      await settled();
    }
    await all;
    expect(started).to.have.lengthOf(8);
  });

  it('pass none sooner when all are slow', async () => {
    const { started, end, work } = works();
    const clock = new ManualClock();
    const all = eachOf(numbers(8), 2, work, clock);
    await settled();
    for (const n of [1, 2]) {
      await clock.advance(400);
      end.get(n)?.();
      await settled();
    }
    await clock.advance(150);
    await settled();
    expect(started).to.deep.equal([0, 1, 2, 3]);
    await clock.advance(60);
    await settled();
    expect(started).to.deep.equal([0, 1, 2, 3, 4]);
    for (let n = 0; n < 8; n++) {
      end.get(n)?.();
      await settled();
    }
    await all;
  });

  it('go on after a failure, and tell of it at the end', async () => {
    let done = 0;
    const work = async (n: number): Promise<void> => {
      if (n === 1) throw new Error('the second');
      done += 1;
    };
    const error = await eachOf(numbers(4), 2, work, new ManualClock()).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect([done, String(error)]).to.deep.equal([3, 'Error: the second']);
  });
});
