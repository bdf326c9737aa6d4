import { expect } from 'chai';
import { raidOffers } from '../../lifecycle/raid-offer.ts';
import { diskProblems, planRaid } from '../../lifecycle/raid-plan.ts';

const TB = 1024 ** 4;
const disks = (count: number, size = TB) => ({ disks: Array.from({ length: count }, () => ({ size })) });
const levels = (count: number) => raidOffers(disks(count)).map((one) => `${one.raid_level}:${one.disks}`);

describe('S78 the RAID layouts that are offered', () => {
  it('are those that the number of disks allows', () => {
    expect(levels(0)).to.deep.equal([]);
    expect(levels(1)).to.deep.equal(['0:1', 'JBOD:1']);
    expect(levels(2)).to.deep.equal(['0:2', '1:2', 'JBOD:2']);
    expect(levels(3)).to.deep.equal(['0:3', '1:2', '5:3', 'JBOD:3']);
    expect(levels(5)).to.deep.equal(['0:5', '1:2', '5:5', '6:5', '1+0:4', 'JBOD:5']);
  });

  it('are over disks that are alike, and none that can be pulled out', () => {
    const inventory = {
      disks: [...disks(4).disks, { size: 240 * 1024 ** 3 }, { size: 9 * TB, removable: true }, { size: 'x' }],
    };
    const [first] = raidOffers(inventory);
    expect(first).to.deep.include({ raid_level: '0', disks: 4, capacity_gb: 4096 });
    expect(raidOffers({ disks: 'none' })).to.deep.equal([]);
  });

  it('can be ordered, and are planned over the disks that they were offered for', () => {
    for (let count = 1; count <= 24; count++)
      for (const { raid_level, disks: n, capacity_gb, raid_config } of raidOffers(disks(count))) {
        expect(diskProblems(raid_config.logical_disks as never)).to.deep.equal([]);
        const drives = Array.from({ length: count }, (_, id) => ({
          ...{ id: String(id), size_gb: 1024, disk_type: null, interface_type: null },
        }));
        const controller = { id: 'c', raid_levels: [raid_level], drives, volumes: [] };
        const planned = planRaid(raid_config.logical_disks as never, [controller]);
        expect(planned, `${raid_level} of ${count}`).to.have.property('volumes');
        if ('volumes' in planned) expect(planned.volumes[0]?.drives).to.have.length(n);
        expect(capacity_gb).to.be.within(1024, 1024 * n);
      }
  });
});
