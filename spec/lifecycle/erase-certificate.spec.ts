import { expect } from 'chai';
import { readErasure } from '../../lifecycle/erase-certificate.ts';
import { ERASE_METHODS } from '../../lifecycle/erase-methods.ts';
import type { JsonObject } from '../../lifecycle/json.ts';

const DISK = {
  ...{
    name: '/dev/sda',
    model: 'M',
    serial: 'S1',
    size_bytes: 1_000_000,
    method: 'overwrite',
    tool: 'nvme-cli 2.4',
  },
  ...{ erased_from: '2026-11-30T00:00:00Z', erased_until: '2026-11-30T01:00:00Z' },
  ...{ samples: 256, sample_bytes: 4096, dirty: [] },
};

const read = (changes: JsonObject): unknown => readErasure({ disks: [{ ...DISK, ...changes }] });

describe('what an agent says of an erasure', () => {
  it('is read, for every known method', () => {
    for (const method of Object.keys(ERASE_METHODS))
      expect(read({ method })).to.deep.equal([
        {
          ...{
            name: '/dev/sda',
            model: 'M',
            serial: 'S1',
            size_bytes: 1_000_000,
            method,
            tool: 'nvme-cli 2.4',
          },
          ...{ erased_from: '2026-11-30T00:00:00Z', erased_until: '2026-11-30T01:00:00Z' },
          ...{ samples: 256, sample_bytes: 4096 },
        },
      ]);
  });

  for (const [what, changes, why] of [
    ['found something', { dirty: [4096] }, /still holds data .* at byte 4096/],
    ['does not say what it found', { dirty: null }, /does not say what it read back/],
    ['knows of no erasure', { method: null }, /was not erased since the ramdisk booted/],
    ['names a method that nobody knows', { method: 'magic' }, /"magic"/],
    ['names a method of Object', { method: 'constructor' }, /not known/],
    ['read too little', { samples: 3 }, /Only 3 blocks/],
    ['leaves the serial number out', { serial: null }, /does not tell serial/],
    ['tells no size', { size_bytes: -1 }, /does not tell size_bytes/],
    ['tells no time', { erased_until: 'yesterday' }, /does not tell erased_until/],
  ] as const)
    it(`proves nothing when it ${what}`, () => {
      expect(() => read(changes as JsonObject)).to.throw(why);
    });

  for (const nothing of [null, {}, { disks: [] }, { disks: 'all' }, [], 'done'])
    it(`proves nothing when it is ${JSON.stringify(nothing)}`, () => {
      expect(() => readErasure(nothing as never)).to.throw(/told of no disk/);
    });
});
