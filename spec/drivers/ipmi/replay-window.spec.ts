import { expect } from 'chai';
import { ReplayWindow } from '../../../drivers/ipmi/replay-window.ts';
import { seededRandom } from './packets.ts';

describe('replay window', () => {
  const take = (window: ReplayWindow, sequence: number): boolean => {
    const is_new = window.isNew(sequence);
    if (is_new) window.accept(sequence);
    return is_new;
  };

  it('takes each number once, in any order, up to 31 before the highest', () => {
    const window = new ReplayWindow();
    expect([1, 3, 2, 3, 2, 1, 40, 9, 8, 39, 39, 40].map((number) => take(window, number))).to.deep.equal([
      true,
      true,
      true,
      false,
      false,
      false,
      true,
      true,
      false,
      true,
      false,
      false,
    ]);
  });

  it('never takes 0, and takes numbers up to the last', () => {
    const window = new ReplayWindow();
    expect(
      [0, 0x7fff_ffff, 0xffff_ffff, 0xffff_fffe, 0xffff_ffff, 5].map((n) => take(window, n)),
    ).to.deep.equal([false, true, true, true, false, false]);
  });

  it('agrees with a set of numbers seen', () => {
    const random = seededRandom(7);
    const window = new ReplayWindow();
    const seen = new Set<number>();
    let highest = 0;
    for (let step = 0; step < 50_000; step++) {
      const sequence = Math.max(0, highest + Math.floor(random() * 80) - 50);
      const expected = sequence > 0 && highest - sequence < 32 && !seen.has(sequence);
      if (take(window, sequence) !== expected)
        throw new Error(`${sequence} after ${highest}: not ${expected}`);
      if (expected) seen.add(sequence);
      highest = expected ? Math.max(highest, sequence) : highest;
    }
  });
});
