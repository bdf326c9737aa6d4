import { expect } from 'chai';
import { createThrottle } from '../../../api/identity/throttle.ts';
import { manualClock } from '../openstack/auth/manual-clock.ts';

describe('createThrottle', () => {
  it('lets some wrong passwords pass, then doubles the wait up to the longest', () => {
    const clock = manualClock();
    const throttle = createThrottle({ attempts: 3, longest_s: 10, clock });
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      throttle.failed('a');
      waits.push(throttle.wait_s('a'));
      clock.advance(throttle.wait_s('a'));
    }
    expect(waits).to.deep.equal([0, 0, 1, 2, 4, 8, 10, 10]);
    expect(throttle.wait_s('a')).to.equal(0);
  });

  it('counts accounts apart and forgets them after a right password', () => {
    const clock = manualClock();
    const throttle = createThrottle({ attempts: 1, longest_s: 60, clock });
    throttle.failed('a');
    expect(throttle.wait_s('a')).to.equal(1);
    expect(throttle.wait_s('b')).to.equal(0);
    throttle.succeeded('a');
    expect(throttle.wait_s('a')).to.equal(0);
  });

  it('stays bounded under a flood of names', () => {
    const clock = manualClock();
    const throttle = createThrottle({ attempts: 1, longest_s: 60, clock });
    for (let i = 0; i < 10_001; i++) throttle.failed(`name-${i}`);
    expect(throttle.wait_s('name-0')).to.equal(0);
    expect(throttle.wait_s('name-10000')).to.equal(1);
  });
});
