import { expect } from 'chai';
import { massRegistration } from './mass-registration.ts';
import { SABOTAGE_NAMES } from './sabotage.ts';

describe('S23 S27 S28 new servers that are powered on at once', function () {
  this.timeout(180_000);

  it('register with addresses of their own, and those with something wrong stay on and say what', async () => {
    const figures = await massRegistration({ servers: 100, sabotaged: SABOTAGE_NAMES.length });
    const sound = 100 - SABOTAGE_NAMES.length;
    expect(figures.misjudged).to.deep.equal([]);
    expect(figures).to.deep.include({
      ...{
        registered: sound,
        distinct_addresses: sound,
        left_on: SABOTAGE_NAMES.length,
        leaked_addresses: 0,
      },
    });
  });
});
