import { expect } from 'chai';
import { ringHost } from '../../conductor/hash-ring.ts';

const KEYS = Array.from({ length: 3000 }, (_, i) => `node-${i}`);

describe('ringHost', () => {
  it('is null without hosts', () => {
    expect(ringHost([], 'node')).to.equal(null);
  });

  it('does not depend on the order of the hosts', () => {
    for (const key of KEYS.slice(0, 100))
      expect(ringHost(['a', 'b', 'c'], key)).to.equal(ringHost(['c', 'a', 'b'], key));
  });

  it('shares the keys evenly', () => {
    const counts = new Map<string | null, number>();
    for (const key of KEYS) {
      const host = ringHost(['a', 'b', 'c'], key);
      counts.set(host, (counts.get(host) ?? 0) + 1);
    }
    for (const host of ['a', 'b', 'c']) expect(counts.get(host)).to.be.within(850, 1150);
  });

  it('moves only the keys of a host that leaves', () => {
    for (const key of KEYS) {
      const before = ringHost(['a', 'b', 'c'], key);
      if (before !== 'c') expect(ringHost(['a', 'b'], key)).to.equal(before);
    }
  });
});
