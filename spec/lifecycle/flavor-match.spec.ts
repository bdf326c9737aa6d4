import { expect } from 'chai';
import { type FlavorCondition, flavorOf } from '../../lifecycle/flavor-match.ts';

const FACTS = {
  ...{ manufacturer: 'Acme', product_name: 'R640 Gen2', serial_number: 'S1', cpu_arch: 'x86_64', cpus: 32 },
  ...{ memory_mb: 65_536, disks: 2, disk_gb: 960, nics: 4 },
};

const fits = (...match: FlavorCondition[]): boolean =>
  flavorOf(FACTS, [{ match, priority: 0, id: 1 }]) !== null;

describe('S4 flavorOf', () => {
  const ROWS: readonly [FlavorCondition, boolean][] = [
    [{ field: 'manufacturer', op: 'eq', value: 'acme' }, true],
    [{ field: 'memory_mb', op: 'ge', value: 65_536 }, true],
    [{ field: 'memory_mb', op: 'gt', value: 65_536 }, false],
    [{ field: 'memory_mb', op: 'eq', value: '65536' }, true],
    [{ field: 'cpus', op: 'ne', value: 32 }, false],
    [{ field: 'disks', op: 'lt', value: 3 }, true],
    [{ field: 'disks', op: 'le', value: 1 }, false],
    [{ field: 'product_name', op: 'like', value: 'r6*' }, true],
    [{ field: 'product_name', op: 'like', value: '*gen*' }, true],
    [{ field: 'product_name', op: 'like', value: 'R640' }, false],
    [{ field: 'product_name', op: 'like', value: 'R640 Gen2*Gen2' }, false],
  ];
  for (const [condition, expected] of ROWS)
    it(`${condition.field} ${condition.op} ${condition.value}: ${expected}`, () => {
      expect(fits(condition)).to.equal(expected);
    });

  it('takes the highest priority, then the oldest, and none without conditions', () => {
    const match: FlavorCondition[] = [{ field: 'cpus', op: 'ge', value: 1 }];
    const flavors = [
      { id: 1, priority: 9, match: [] },
      { id: 3, priority: 5, match },
      { id: 2, priority: 5, match },
      { id: 4, priority: 1, match },
    ];
    expect(flavorOf(FACTS, flavors)?.id).to.equal(2);
  });
});
