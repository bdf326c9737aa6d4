import { expect } from 'chai';
import { CHARACTER_DEVICE, cpioArchive, LINK, PLAIN, PROGRAM } from '../../../boot/ramdisk/cpio.ts';

const text = (value: string): Uint8Array => Buffer.from(value);
const NONE = new Uint8Array(0);

const ENTRIES = [
  { path: 'usr/bin/tool', mode: PROGRAM, data: text('#!/bin/sh\n') },
  { path: 'init', mode: PROGRAM, data: text('12345') },
  { path: 'bin', mode: LINK, data: text('usr/bin') },
  { path: 'dev/console', mode: CHARACTER_DEVICE, data: NONE, device: [5, 1] as const },
  { path: 'etc/passwd', mode: PLAIN, data: text('root') },
];

/** Names, modes and data of an archive, read by the format's own rules. */
function read(archive: Uint8Array): { path: string; mode: string; data: string }[] {
  const found: { path: string; mode: string; data: string }[] = [];
  const bytes = Buffer.from(archive);
  for (let at = 0; ; ) {
    expect(bytes.toString('latin1', at, at + 6)).to.equal('070701');
    const field = (index: number): number =>
      Number.parseInt(bytes.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [mode, size, name_size] = [field(1), field(6), field(11)];
    const path = bytes.toString('utf8', at + 110, at + 110 + name_size - 1);
    const data_at = Math.ceil((at + 110 + name_size) / 4) * 4;
    if (path === 'TRAILER!!!') return found;
    found.push({ path, mode: mode.toString(8), data: bytes.toString('utf8', data_at, data_at + size) });
    at = Math.ceil((data_at + size) / 4) * 4;
  }
}

describe('the archive of a ramdisk', () => {
  it('has all files in the order of their paths, with the folders above them', () => {
    expect(read(cpioArchive(ENTRIES))).to.deep.equal([
      { path: 'bin', mode: '120777', data: 'usr/bin' },
      { path: 'dev', mode: '40755', data: '' },
      { path: 'dev/console', mode: '20600', data: '' },
      { path: 'etc', mode: '40755', data: '' },
      { path: 'etc/passwd', mode: '100644', data: 'root' },
      { path: 'init', mode: '100755', data: '12345' },
      { path: 'usr', mode: '40755', data: '' },
      { path: 'usr/bin', mode: '40755', data: '' },
      { path: 'usr/bin/tool', mode: '100755', data: '#!/bin/sh\n' },
    ]);
  });

  it('is the same for the same files, however they come', () => {
    expect(cpioArchive([...ENTRIES].reverse())).to.deep.equal(cpioArchive(ENTRIES));
  });
});
