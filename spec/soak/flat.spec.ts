import { expect } from 'chai';
import { grown, quarters, type SoakSample, TOLERANCE } from './flat.ts';

const QUIET: SoakSample = {
  ...{
    rss_mib: 200,
    heap_mib: 80,
    heap_taken_mib: 100,
    external_mib: 9,
    handles: 100,
    sockets: 60,
    jobs_running: 0,
    jobs_in_flight: 2,
    pool_waiting: 0,
  },
};
const BUSY: SoakSample = {
  ...{
    rss_mib: 220,
    heap_mib: 83,
    heap_taken_mib: 110,
    external_mib: 12,
    handles: 240,
    sockets: 110,
    jobs_running: 50,
    jobs_in_flight: 60,
    pool_waiting: 9,
  },
};

/** An hour of samples of which one in three is quiet, each changed by where in the hour it is: 0 to 1. */
function hour(change: (sample: SoakSample, when: number) => SoakSample): SoakSample[] {
  return Array.from({ length: 240 }, (_, at) => change(at % 3 === 0 ? QUIET : BUSY, at / 240));
}

describe('what the soak takes for flat', () => {
  it('is the same load from the first to the last quarter', () => {
    expect(grown(quarters(hour((sample) => sample)))).to.deep.equal([]);
  });

  it('is what is made once at the begin', () => {
    const samples = hour((sample, when) => ({ ...sample, heap_mib: when < 0.15 ? 40 : sample.heap_mib }));
    expect(grown(quarters(samples))).to.deep.equal([]);
  });

  for (const name of Object.keys(TOLERANCE) as (keyof SoakSample)[])
    it(`is not a leak of ${TOLERANCE[name].unit}, however busy it is in between`, () => {
      const { share, more } = TOLERANCE[name];
      // From the middle of the first quarter to that of the last are 0.62 of the hour.
      const leak = ((QUIET[name] * share + more) * 1.2) / 0.62;
      const leaking = hour((sample, when) => ({ ...sample, [name]: sample[name] + leak * when }));
      expect(grown(quarters(leaking)))
        .to.have.length(1)
        .and.to.have.property('0')
        .that.contains(TOLERANCE[name].unit);
    });
});
