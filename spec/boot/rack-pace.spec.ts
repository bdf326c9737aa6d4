import { expect } from 'chai';
import { createRackPace, rackOf } from '../../boot/rack-pace.ts';

const MIB = 1024 * 1024;

describe('what a rack may download', () => {
  it('is its share, whichever of its servers asks, and others are not held back', async () => {
    let now = 0;
    const waits: number[] = [];
    const clock = { monotonic: () => now, sleep: async (ms: number) => void waits.push(ms) };
    const pace = createRackPace(clock, { bandwidth_mib_s: 4, prefix: 24 });
    if (pace === null) throw new Error('no limit');
    expect(pace('10.0.1.5', MIB)).to.equal(null);
    await pace('::ffff:10.0.1.6', 2 * MIB);
    await pace('10.0.1.5', MIB);
    expect(pace('10.0.2.5', MIB)).to.equal(null);
    expect(waits).to.deep.equal([250, 750]);
    now = 5000;
    expect(pace('10.0.1.7', MIB)).to.equal(null);
  });

  it('is all there is where no limit is set', () => {
    const clock = { monotonic: () => 0, sleep: async () => {} };
    expect(createRackPace(clock, { bandwidth_mib_s: 0, prefix: 24 })).to.equal(null);
  });

  for (const [one, other, prefix, same] of [
    ['10.0.1.5', '10.0.1.250', 24, true],
    ['10.0.1.5', '10.0.2.5', 24, false],
    ['10.0.1.5', '10.0.2.5', 16, true],
    ['10.0.1.5', '10.0.1.6', 32, false],
    ['fd00:1:2:3::5', 'fd00:1:2:3::9', 24, true],
    ['fd00:1:2:3::5', 'fd00:1:2:4::5', 24, false],
  ] as const)
    it(`${one} and ${other} are ${same ? 'one rack' : 'two racks'} at ${prefix} bits`, () => {
      expect(rackOf(one, prefix) === rackOf(other, prefix)).to.equal(same);
    });
});
