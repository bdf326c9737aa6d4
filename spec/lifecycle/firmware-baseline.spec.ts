import { expect } from 'chai';
import fc from 'fast-check';
import { compareVersions, firmwareVerdicts } from '../../lifecycle/firmware-baseline.ts';

const BIOS = { component: 'bios', manufacturer: 'Acme', product_name: 'R1', version: '2.9' };
const RULE = { component: 'bios', manufacturer: null, product_name: null, version: '2.10', enforced: true };

describe('S14 S15 firmwareVerdicts', () => {
  it('tells an outdated version, and fails it where the baseline is enforced', () => {
    const verdicts = (enforced: boolean) => firmwareVerdicts([BIOS], [{ ...RULE, enforced }]);
    expect(verdicts(true)).to.deep.include({
      ...{ component: 'bios', product_name: 'R1', version: '2.9' },
      ...{ verdict: 'outdated', baseline: '2.10', failed: true },
    });
    expect(verdicts(false)[0]).to.include({ verdict: 'outdated', failed: false });
  });

  it('takes the baseline that names the component most closely', () => {
    const rules = [RULE, { ...RULE, product_name: 'r1', version: '2.0' }, { ...RULE, manufacturer: 'Other' }];
    expect(firmwareVerdicts([BIOS], rules)[0]).to.include({ verdict: 'current', baseline: '2.0' });
  });

  it('has nothing to say without a baseline', () => {
    expect(firmwareVerdicts([{ ...BIOS, component: 'nic' }], [RULE])[0]).to.include({
      ...{ verdict: 'no-baseline', failed: false },
    });
  });
});

describe('compareVersions', () => {
  for (const [older, newer] of [
    ['2.9', '2.10'],
    ['U30', 'U32'],
    ['1.0', '1.0.1'],
    ['20230101000000000001', '20230101000000000002'],
    ['09', '10'],
  ] as const)
    it(`${older} < ${newer}`, () => {
      expect(compareVersions(older, newer)).to.be.below(0);
      expect(compareVersions(newer, older)).to.be.above(0);
    });

  it('orders any texts the same from both sides', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(Math.sign(compareVersions(one, other)) + Math.sign(compareVersions(other, one))).to.equal(0);
      }),
    );
  });
});
