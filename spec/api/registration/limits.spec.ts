import { expect } from 'chai';
import { createWorkQueue } from '../../../api/registration/work-queue.ts';
import type { ServiceError } from '../../../lifecycle/errors.ts';
import { createCallLimit } from '../../../net/call-limit.ts';

const codeOf = (call: () => void): string => {
  try {
    call();
    return 'through';
  } catch (error) {
    return (error as ServiceError).code;
  }
};

describe('limits of the registration service', () => {
  it('let an address through so many times a minute, and others meanwhile', () => {
    let now = 0;
    const limit = createCallLimit({ monotonic: () => now }, 3);
    const calls = (peer: string, times: number) =>
      Array.from({ length: times }, () => codeOf(() => limit(peer)));
    expect(calls('a', 4)).to.deep.equal(['through', 'through', 'through', 'TooManyRequests']);
    expect(calls('b', 1)).to.deep.equal(['through']);
    now = 21_000;
    expect(calls('a', 2)).to.deep.equal(['through', 'TooManyRequests']);
    now = 600_000;
    expect(calls('a', 4).filter((code) => code === 'through')).to.have.length(3);
  });

  it('are none where none are wished', () => {
    const limit = createCallLimit({ monotonic: () => 0 }, 0);
    for (let times = 0; times < 1000; times++) limit('a');
  });

  it('work on so many at once, in order, and refuse who would wait behind too many', async () => {
    const queue = createWorkQueue(2, 2);
    const { signal } = new AbortController();
    const began: number[] = [];
    const ends: (() => void)[] = [];
    const start = (id: number) =>
      queue.run(signal, () => {
        began.push(id);
        return new Promise<number>((resolve) => ends.push(() => resolve(id)));
      });
    const all = [1, 2, 3, 4].map(start);
    const error = await start(5).catch((refused: ServiceError) => refused);
    expect(error).to.include({ code: 'TooManyRequests', status: 429 });
    expect(began).to.deep.equal([1, 2]);
    for (let id = 0; id < 4; id++) {
      ends[id]?.();
      await all[id];
      await new Promise(setImmediate);
    }
    expect(await Promise.all(all)).to.deep.equal([1, 2, 3, 4]);
    expect(began).to.deep.equal([1, 2, 3, 4]);
  });

  it('forget who went away while it waited', async () => {
    const queue = createWorkQueue(1, 5);
    let end = (): void => {};
    const first = queue.run(
      new AbortController().signal,
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const gone = new AbortController();
    const second = queue.run(gone.signal, async () => 'worked');
    gone.abort(new Error('gone'));
    expect(await second.catch((error: Error) => error.message)).to.equal('gone');
    end();
    await first;
    expect(await queue.run(new AbortController().signal, async () => 'third')).to.equal('third');
  });
});
