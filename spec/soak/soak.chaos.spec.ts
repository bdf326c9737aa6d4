import { expect } from 'chai';
import { type SoakFigures, soak } from './soak.ts';

describe('a short soak', function shortSoak() {
  this.timeout(240_000);
  let figures: SoakFigures;
  before(async () => {
    figures = await soak({
      ...{ nodes: 200, ipmi: 6, redfish: 4, rate: 12, minutes: 3, at_once: 20 },
      tell: () => {},
    });
  });

  it('brings every node that it put to work to rest', () => {
    expect(figures.settled).to.be.greaterThan(20);
    expect(figures.stuck).to.deep.equal([]);
    expect(figures.settled).to.equal(figures.asked);
  });

  it('leaves no job, lease or reservation behind', () => {
    expect(figures.left).to.deep.equal([]);
  });
});
