import { expect } from 'chai';
import type { JsonObject } from '../../lifecycle/json.ts';
import { planRaid, type RaidControllerFacts, wantedDisks } from '../../lifecycle/raid-plan.ts';

const drive = (id: string, size_gb: number, disk_type = 'hdd') => ({
  id,
  size_gb,
  disk_type,
  interface_type: 'sas',
});
const controllers: RaidControllerFacts[] = [
  { id: 'A', raid_levels: ['0', '1'], drives: [drive('a1', 100), drive('a2', 100)], volumes: [] },
  {
    id: 'B',
    raid_levels: ['0', '1', '5', '1+0'],
    drives: [
      drive('b1', 200),
      drive('b2', 200),
      drive('b3', 200),
      drive('b4', 50, 'ssd'),
      drive('b5', 50, 'ssd'),
    ],
    volumes: [],
  },
];

describe('the plan of a RAID', () => {
  const CASES: [string, JsonObject[], string[] | string][] = [
    ['takes the first controller that can', [{ size_gb: 50, raid_level: '1' }], ['A:a1,a2']],
    ['takes as few drives as do', [{ size_gb: 300, raid_level: '0' }], ['B:b1,b2']],
    [
      'takes the kind of drive that was asked for',
      [{ size_gb: 'MAX', raid_level: '1', disk_type: 'ssd' }],
      ['B:b4,b5'],
    ],
    [
      'leaves drives that are named to those who name them',
      [
        { size_gb: 100, raid_level: '0' },
        { size_gb: 'MAX', raid_level: '1', controller: 'A', physical_disks: ['a1', 'a2'] },
      ],
      ['B:b1', 'A:a1,a2'],
    ],
    [
      'takes more drives for MAX when told so',
      [{ size_gb: 'MAX', raid_level: '5', number_of_physical_disks: 4 }],
      ['B:b1,b2,b3,b4'],
    ],
    ['says when drives are too few', [{ size_gb: 900, raid_level: '1' }], 'not enough free physical disks'],
    ['says when nobody has the level', [{ size_gb: 1, raid_level: '6' }], 'no controller can do RAID 6'],
    ['says when the size is none', [{ size_gb: 'much', raid_level: '0' }], 'size_gb'],
    [
      'says when two are the root',
      [
        { size_gb: 1, raid_level: '0', is_root_volume: true },
        { size_gb: 1, raid_level: '0', is_root_volume: true },
      ],
      'root volume',
    ],
  ];
  for (const [what, disks, wished] of CASES)
    it(what, () => {
      const plan = planRaid(disks, controllers);
      if (typeof wished === 'string') expect('problems' in plan && plan.problems.join()).to.contain(wished);
      else
        expect(
          'volumes' in plan && plan.volumes.map((volume) => `${volume.controller}:${volume.drives.join()}`),
        ).to.deep.equal(wished);
    });

  it('leaves out root or other volumes as the step says', () => {
    const config = { logical_disks: [{ is_root_volume: true, n: 1 }, { n: 2 }] };
    expect(wantedDisks(config, { root: false, nonroot: true })).to.deep.equal([{ n: 2 }]);
    expect(wantedDisks(config, { root: true, nonroot: false })).to.have.lengthOf(1);
  });
});
